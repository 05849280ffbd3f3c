export interface OneTimeCodes {
  readonly seed: string;
  /** What stands before and after the seed in the link. */
  readonly around: readonly [string, string];
  readonly periodSeconds: number;
  readonly digits: number;
  readonly algorithm: Algorithm;
}

type Algorithm = 'SHA1' | 'SHA256' | 'SHA512';

/** The defaults of the key URI format, which most links leave out. */
export const USUAL = { periodSeconds: 30, digits: 6, algorithm: 'SHA1' } as const;

export const isLink = (text: string): boolean => /^\s*otpauth:/i.test(text);

/** What a link of an authenticator app says (github.com/google/google-authenticator/wiki/Key-Uri-Format); a sentence where it cannot be used. */
export function readLink(text: string): OneTimeCodes | string {
  const found = /^\s*otpauth:\/\/([a-z]+)\/[^?#]*\?([^#]*)/i.exec(text);
  const [, kind = '', query = ''] = found ?? [];
  if (kind.toLowerCase() !== 'totp') return 'an otpauth link that is not of time-based codes';
  const secret = /[?&]secret=([^&#\s]*)/i.exec(text);
  const seed = secret?.[1] ?? '';
  const start = (secret?.index ?? 0) + (secret?.[0].length ?? 0) - seed.length;
  const fields = new Map([...new URLSearchParams(query)].map(([name, value]) => [name.toLowerCase(), value.trim()]));
  const settings = readSettings({ period: fields.get('period'), digits: fields.get('digits'), algorithm: fields.get('algorithm') });
  return typeof settings === 'string' ? settings : { ...settings, seed, around: [text.slice(0, start), text.slice(start + seed.length)] };
}

/** Period, digits and algorithm as a link or an object of one-time codes gives them; a sentence where one is not known. */
export function readSettings(given: Readonly<Record<'period' | 'digits' | 'algorithm', string | undefined>>): Omit<OneTimeCodes, 'seed' | 'around'> | string {
  const periodSeconds = whole(given.period ?? String(USUAL.periodSeconds));
  const digits = whole(given.digits ?? String(USUAL.digits));
  const algorithm = (given.algorithm ?? USUAL.algorithm).toUpperCase().replace(/^HMAC|-/g, '');
  if (!(periodSeconds >= 1 && periodSeconds <= 3600)) return 'one-time codes with a period that is none';
  if (!(digits >= 6 && digits <= 8)) return 'one-time codes of a length other than 6 to 8';
  if (algorithm !== 'SHA1' && algorithm !== 'SHA256' && algorithm !== 'SHA512') return 'one-time codes of an unknown algorithm';
  return { periodSeconds, digits, algorithm };
}

const whole = (text: string): number => (/^\d{1,5}$/.test(text) ? Number(text) : Number.NaN);
