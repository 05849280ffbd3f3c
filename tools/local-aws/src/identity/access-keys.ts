import { createHmac, randomBytes } from 'node:crypto';
import type { RootKey } from '../storage/root-key.ts';
import type { AccessKey } from './principal.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const ID_CHARACTERS = 16;

/** `bytes` as the 16 characters that follow a four-letter prefix (AKIA: user, ASIA: session, AROA: role). */
export const identifier = (prefix: string, bytes: Uint8Array): string =>
  prefix + Array.from(bytes.subarray(0, ID_CHARACTERS), (byte) => ALPHABET[byte % ALPHABET.length]).join('');

const secretOf = (key: Buffer, accessKeyId: string): string => createHmac('sha256', key).update(accessKeyId).digest('base64').slice(0, 40);

/** The user's key follows from the key file, so a restart on the same data file keeps it and nothing is stored. */
export function baseAccessKey(root: RootKey): AccessKey {
  const accessKeyId = identifier('AKIA', root.derive('base-access-key-id'));
  return { accessKeyId, secretAccessKey: secretOf(root.derive('base-secret-access-key'), accessKeyId) };
}

export function newSessionKey(root: RootKey): AccessKey {
  const accessKeyId = identifier('ASIA', randomBytes(ID_CHARACTERS));
  return { accessKeyId, secretAccessKey: sessionSecret(root, accessKeyId) };
}

export const sessionSecret = (root: RootKey, accessKeyId: string): string => secretOf(root.derive('session-secret-access-key'), accessKeyId);
