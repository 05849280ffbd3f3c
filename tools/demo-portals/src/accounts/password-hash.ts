import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** About 10 ms a hash: a real portal would take ten times that, and hundreds of logins a test would wait for it. */
const COST = { N: 4096, r: 8, p: 1 } as const;
const LENGTH = 32;

const derive = (password: string, salt: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => scrypt(password, salt, LENGTH, COST, (error, key) => (error ? reject(error) : resolve(key))));

/** How two passwords are compared. The password counts as it was typed: no Unicode normalization. */
export interface Comparison {
  readonly foldsCase: boolean;
}

/** Salt, hash, and the hash of the password without case, base64, joined by dots: a portal may take to folding case at any time. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const keys = await Promise.all([derive(password, salt), derive(folded(password), salt)]);
  return [salt, ...keys].map((part) => part.toString('base64')).join('.');
}

/** Where there is no such account, `hash` is null: the same time passes and the answer is no. */
export async function passwordMatches(password: string, hash: string | null, { foldsCase }: Comparison): Promise<boolean> {
  const [salt = '', exact = '', caseless = ''] = hash?.split('.') ?? [];
  const derived = await derive(foldsCase ? folded(password) : password, Buffer.from(salt, 'base64'));
  const key = Buffer.from(foldsCase ? caseless : exact, 'base64');
  return key.length === derived.length && timingSafeEqual(derived, key);
}

const folded = (password: string): string => password.toLowerCase();
