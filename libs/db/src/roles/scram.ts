import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import type { Secret } from '@rcm/telemetry';

const ITERATIONS = 4096;
const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/**
 * What Postgres keeps of a password (RFC 5803's format, as `psql \password` sends it): with it in the statement, the password itself never
 * reaches the server, its log or its activity view. For passwords of printable ASCII, which need no SASLprep.
 */
export function scramVerifier(password: Secret<string>, salt: Buffer = randomBytes(16)): string {
  const salted = pbkdf2Sync(password.reveal(), salt, ITERATIONS, 32, 'sha256');
  const storedKey = createHash('sha256').update(hmac(salted, 'Client Key')).digest('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${hmac(salted, 'Server Key').toString('base64')}`;
}
