import { parseJsonExactly } from '@rcm/credentials';
import { type Fields, FORM, isEmpty, isFields, isLink, isNumber, isSeed, pathOf, type Place, wordsOf } from '@rcm/credentials/legacy';
import { isMoreThanEdges, withoutOwn } from './without-own.ts';

/** Something in a row's `config`, outside the login, that may be a secret. */
export interface Finding {
  readonly place: Place;
  /** For people; see `pathOf`. */
  readonly path: string;
  /** `same`: it holds a secret of the row's own login. `name`: what it is called. `text`: what it says. */
  readonly why: 'same' | 'name' | 'text';
}

export interface Search {
  /** Secrets of the row's login, wherever they are known from. */
  readonly secrets: ReadonlySet<string>;
  /** User name and the like: a field that is called so is not printed. */
  readonly hidden: ReadonlySet<string>;
  /** Paths that are known to be none. */
  readonly notSecrets: ReadonlySet<string>;
}

/** Everything in `config` but the login itself that looks like a secret: by its value, its name, or what its text says. */
export function findElsewhere(config: unknown, search: Search): Finding[] {
  if (!isFields(config)) return [];
  return Object.entries(config).flatMap(([name, value]) => (name === 'credentials' ? [] : look(value, [name], search)));
}

function look(value: unknown, place: Place, search: Search): Finding[] {
  if (isEmpty(value) || typeof value === 'boolean') return [];
  const path = pathOf(place, search.hidden);
  if (search.notSecrets.has(path)) return [];
  const finding = (why: Finding['why']): Finding[] => [{ place, path, why }];
  const name = nameOf(place);
  if (typeof value === 'string') return judgeText(value, name, search).flatMap(finding);
  if (isNumber(value)) return search.secrets.has(JSON.stringify(value)) ? finding('same') : looksNumericSecret(name) ? finding('name') : [];
  const inside = Object.entries(value as object);
  // A whole object that is called a secret goes as one; what it holds of this login's is still told apart.
  if (looksSecret(name)) return finding(textsOf(value).some((text) => holds(text, search.secrets)) ? 'same' : 'name');
  return inside.flatMap(([key, inner]) => look(inner, [...place, Array.isArray(value) ? Number(key) : key], search));
}

/** The last name on the way, past places in lists. */
const nameOf = (place: Place): string => place.findLast((step): step is string => typeof step === 'string') ?? '';

/** Shorter ones are in many texts by chance; as a whole they count, however short. */
const SHORTEST_INSIDE = 6;

const holds = (text: string, secrets: ReadonlySet<string>): boolean => {
  const bare = text.trim();
  return [...secrets].some((secret) => secret !== '' && (bare === secret.trim() || (secret.length >= SHORTEST_INSIDE && text.includes(secret))));
};

const SECRET_WORDS = new Set(
  [
    [
      'password',
      'passwords',
      'passwd',
      'pass',
      'pwd',
      'pwds',
      'pw',
      'passphrase',
      'passcode',
      'secret',
      'secrets',
      'credential',
      'credentials',
      'creds',
      'cred',
      'pin',
    ],
    [
      'token',
      'tokens',
      'apikey',
      'privatekey',
      'seed',
      'totp',
      'otp',
      'mfa',
      '2fa',
      'clientsecret',
      'mfaseed',
      'mfasecret',
      'kennwort',
      'passwort',
      'mdp',
      'contrasena',
    ],
  ].flat(),
);
/** What is said of a secret is not one: `password_rules`, `token_url`. */
const ABOUT = new Set(
  [
    [
      'url',
      'uri',
      'endpoint',
      'rules',
      'rule',
      'policy',
      'length',
      'expires',
      'expiry',
      'expired',
      'days',
      'interval',
      'changed',
      'updated',
      'created',
      'rotated',
      'at',
      'date',
    ],
    [
      'field',
      'selector',
      'label',
      'type',
      'enabled',
      'required',
      'method',
      'mode',
      'count',
      'arn',
      'id',
      'name',
      'path',
      'page',
      'status',
      'attempts',
      'rate',
      'through',
      'age',
    ],
  ].flat(),
);

function looksSecret(name: string): boolean {
  const words = wordsOf(name);
  const last = words.at(-1) ?? '';
  if (ABOUT.has(last)) return false;
  const pairs = words.map((word, place) => word + (words[place + 1] ?? ''));
  return [...words, ...pairs].some((word) => SECRET_WORDS.has(word)) || /passw(or)?d|passphrase/.test(words.join(''));
}

const looksNumericSecret = (name: string): boolean =>
  looksSecret(name) && !wordsOf(name).some((word) => ['token', 'tokens', 'mfa', 'otp', 'totp', '2fa', 'credentials'].includes(word));

/** Bounded repeats only: a note may be long, and is somebody's. */
const SAYS = [
  /\b(?:pass(?:word|wd|code|phrase)?|pwd|pw|pin|kennwort|passwort)\b\s{0,3}(?:is|ist|=|:|->)\s{0,3}\S/i,
  /\bsecret\b\s{0,3}[=:]\s{0,3}\S/i,
  /[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@]{1,100}:[^\s/@]{1,100}@/i,
  /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----/,
  /\bbasic [A-Za-z0-9+/]{12,200}={0,2}/i,
];

const saysSecret = (text: string): boolean =>
  isLink(text) || /otpauth:\/\//i.test(text) || SAYS.some((pattern) => pattern.test(text)) || (/^[A-Z2-7]{32,64}$/.test(text) && isSeed(text));

function judgeText(text: string, name: string, search: Search): Finding['why'][] {
  const inside = insideOf(text, (value) => look(value, ['json'], search)) ?? [];
  if (holds(text, search.secrets) || inside.some(({ why }) => why === 'same')) return ['same'];
  if (looksSecret(name)) return ['name'];
  return saysSecret(text) || inside.length > 0 ? ['text'] : [];
}

/** JSON in a text: what it holds is judged as if it lay there openly; the whole text is the finding. */
function insideOf<T>(text: string, judge: (value: unknown) => T): T | null {
  if (!/^\s*[[{]/.test(text)) return null;
  try {
    return judge(parseJsonExactly(text));
  } catch {
    return null;
  }
}

/** Every text and number in a value, at any depth. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (isNumber(value)) return [JSON.stringify(value)];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsOf);
}

/** Which texts of a payload are secret: those of the fields that are, and whatever is called so. */
export function secretsOf({ [FORM]: _form, ...payload }: Fields): Set<string> {
  const fields = ['password', 'mfa_seed', 'oauth_client_secret'].flatMap((name) => textsOf(payload[name]));
  return new Set([...fields, ...namedSecrets(payload)].filter((text) => text.trim() !== ''));
}

const namedSecrets = (fields: Fields): string[] =>
  Object.entries(fields).flatMap(([name, value]) => (isFields(value) ? namedSecrets(value) : typeof value === 'string' && looksSecret(name) ? [value] : []));

/** Whether something at this place looks like a secret and is none of these: removing it may lose it. */
export function holdsOther(value: unknown, place: Place, secrets: ReadonlySet<string>): boolean {
  if (isEmpty(value) || typeof value === 'boolean') return false;
  if (typeof value === 'string') return insideOf(value, (inner) => holdsOther(inner, place, secrets)) ?? saysOther(value, nameOf(place), secrets);
  if (isNumber(value)) return !secrets.has(JSON.stringify(value)) && looksNumericSecret(nameOf(place));
  return Object.entries(value as object).some(([name, inner]) => holdsOther(inner, [...place, Array.isArray(value) ? Number(name) : name], secrets));
}

function saysOther(text: string, name: string, secrets: ReadonlySet<string>): boolean {
  if ([...secrets].some((secret) => text.trim() === secret.trim())) return false;
  const left = withoutOwn(
    text,
    [...secrets].filter(({ length }) => length >= SHORTEST_INSIDE),
  );
  return looksSecret(name) ? isMoreThanEdges(left) : saysSecret(left);
}
