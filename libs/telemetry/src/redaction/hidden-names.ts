/**
 * Which fields are masked for what they are called. A name is taken apart into its words (camelCase, snake_case, kebab-case, acronyms,
 * digits, plurals), so that `pins`, `userPIN` and `pin_code` are hidden, and `pinned`, `spinner` and `opinion` are not.
 */

const words = (text: string): string[] => text.split(/\s+/);

/** Hide a name wherever they stand in it, unless what follows says that only something about it is meant. */
const SENSITIVE = new Set([
  ...words('password passwd pwd pswd pw passphrase passcode pin secret token cookie jwt otp totp hotp seed credential cred authorization bearer username'),
  ...words('sid sessid jsessionid phpsessid'),
  // Of patients (45 CFR 164.514 lists what identifies one).
  ...words('ssn dob mrn mbi hicn patient subscriber beneficiary insured policyholder medicaid medicare birth birthday birthdate'),
]);
const SENSITIVE_PAIRS = new Set([
  ...['session id', 'session key', 'api key', 'access key', 'private key', 'identity key', 'signing key', 'encryption key', 'fingerprint key', 'webhook key'],
  ...['user name', 'login name', 'pass phrase', 'pass code', 'connection string', 'database url', 'custom field', 'birth date', 'of birth', 'social security'],
  ...['member id', 'member number', 'member no', 'member name', 'claim number', 'claim no', 'policy number', 'policy no', 'group number'],
  ...['mfa code', 'sms code', 'time code', 'verification code', 'recovery code', 'backup code', 'security answer', 'challenge answer'],
]);
/** Hide a name that is nothing else. The second line is what Postgres and its drivers say of rows and statements. */
const SENSITIVE_ALONE = new Set([
  ...words('user users pass auth value values result results input inputs body bodies html payload payloads'),
  ...words('detail hint where parameter parameters params query'),
]);

/** At the end they say that it is not the thing itself: `secretArn`, `passwordRules`, `tokenCount`. */
const ABOUT_IT = new Set(
  words(
    'arn count length size age kind type state status rule version policy interval day hour minute second ms at ttl limit max min deadline budget attempt try url uri',
  ),
);

/** What is written as one word: `sessiontoken`, `newpassword`, `apikey`. Only what ends no other word. */
const GLUED =
  /(?:password|passwd|pwd|passphrase|passcode|pincode|secret|token|seed|cookie|credential|username|jwt|ssn|dob|mrn|(?:api|access|private|identity)key|(?:session|member)id|secretstring|secretbinary|connectionstring|databaseurl|customfield)s?$/;

/** Longer names are data; no more of one is looked at. */
const LONGEST_NAME = 128;

export function isHidden(name: string): boolean {
  const parts = wordsOf(name.slice(0, LONGEST_NAME));
  if (parts.length === 1 && SENSITIVE_ALONE.has(parts[0] ?? '')) return true;
  const last = parts.length - 1;
  if (parts[last] === 'pass') return true;
  const forms = parts.map(singulars);
  const from = has(ABOUT_IT, forms[last] ?? []) ? last : 0;
  return parts.some((part, index) => index >= from && (GLUED.test(part) || has(SENSITIVE, forms[index] ?? []) || pairEndsAt(forms, index)));
}

const pairEndsAt = (forms: readonly (readonly string[])[], index: number): boolean =>
  (forms[index - 1] ?? []).some((first) => (forms[index] ?? []).some((second) => SENSITIVE_PAIRS.has(`${first} ${second}`)));

const has = (set: ReadonlySet<string>, forms: readonly string[]): boolean => forms.some((form) => set.has(form));

const wordsOf = (name: string): string[] =>
  name
    // `PINs` and `userIDs` are plurals, not `PI Ns`.
    .replace(/([A-Z]{2})s(?![a-z])/g, '$1')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '');

/** Itself, and what it may be the plural of. */
const singulars = (word: string): string[] => [
  word,
  ...(word.endsWith('s') ? [word.slice(0, -1)] : []),
  ...(word.endsWith('es') ? [word.slice(0, -2)] : []),
  ...(word.endsWith('ies') ? [`${word.slice(0, -3)}y`] : []),
];
