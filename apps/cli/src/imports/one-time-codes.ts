/** How a login's one-time codes are made, as a payload names it. */
export interface CodesOf {
  readonly mfa_seed: string;
  readonly mfa_digits?: number;
  readonly mfa_algorithm?: string;
}

const SEED = /^[A-Z2-7]{16,256}=*$/;
/** Every portal type has its own; a login has none. */
const USUAL_PERIOD_SECONDS = '30';

/**
 * A base32 seed, or an `otpauth://totp/…` address (Key Uri Format of Google Authenticator), with what is not usual of it. A string is what is wrong, without a value:
 * codes that count (`hotp`), Steam's, and periods other than 30 seconds are no login's here.
 */
export function codesIn(exported: string): CodesOf | string {
  const text = exported.trim();
  if (!/^otpauth:/i.test(text)) return seedOf(text);
  return URL.canParse(text) ? codesAt(new URL(text)) : 'its one-time codes have no address that can be read';
}

function codesAt({ host, searchParams }: URL): CodesOf | string {
  if (host.toLowerCase() !== 'totp') return 'its one-time codes are not made from the time';
  const period = searchParams.get('period') ?? USUAL_PERIOD_SECONDS;
  if (period !== USUAL_PERIOD_SECONDS)
    return 'its one-time codes change at another pace than every 30 seconds: set that on the portal type, and give the seed alone';
  const seed = seedOf(searchParams.get('secret') ?? '');
  if (typeof seed === 'string') return seed;
  const digits = Number(searchParams.get('digits') ?? 6);
  const algorithm = (searchParams.get('algorithm') ?? 'SHA1').toUpperCase();
  if (![6, 7, 8].includes(digits) || !['SHA1', 'SHA256', 'SHA512'].includes(algorithm))
    return 'its one-time codes are of another kind (Steam’s, or an unknown one)';
  return { ...seed, ...(digits === 6 ? {} : { mfa_digits: digits }), ...(algorithm === 'SHA1' ? {} : { mfa_algorithm: algorithm }) };
}

function seedOf(text: string): CodesOf | string {
  const seed = text.replaceAll(/[\s-]/g, '').toUpperCase();
  return SEED.test(seed) ? { mfa_seed: seed } : 'the seed of its one-time codes is not base32';
}
