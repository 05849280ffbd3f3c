import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** About 10 ms a hash: a real portal would take ten times that, and hundreds of logins a test would wait for it. */
const COST = { N: 4096, r: 8, p: 1 } as const;
const LENGTH = 32;

const derive = (password: string, salt: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => scrypt(password, salt, LENGTH, COST, (error, key) => (error ? reject(error) : resolve(key))));

/** Salt and hash, base64, joined by a dot. The password counts as it was typed: no Unicode normalization. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  return `${salt.toString('base64')}.${(await derive(password, salt)).toString('base64')}`;
}

/** Where there is no such account, `hash` is null: the same time passes and the answer is no. */
export async function passwordMatches(password: string, hash: string | null): Promise<boolean> {
  const [salt = '', key = ''] = hash?.split('.') ?? [];
  const derived = await derive(password, Buffer.from(salt, 'base64'));
  return hash !== null && timingSafeEqual(derived, Buffer.from(key, 'base64'));
}
