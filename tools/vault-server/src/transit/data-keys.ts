import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { type Answer, Refusal, withData } from '../http/answer.ts';
import type { VaultRequest } from '../http/request.ts';
import type { VaultState } from '../vault-state.ts';
import { keyNamed, materialOf, type TransitKey, type TransitPlace } from './keys.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** `<mount>/datakey/<plaintext|wrapped>/<name>` (builtin/logical/transit/path_datakey.go). */
export function answerDataKey(vault: VaultState, { body }: VaultRequest, place: TransitPlace, form: string): Answer {
  if (form !== 'plaintext' && form !== 'wrapped') throw new Refusal(400, "Invalid path, must be 'plaintext' or 'wrapped'");
  const context = base64Of(body.context, 'failed to base64-decode context');
  const key = keyNamed(vault, place);
  if (!key) throw new Refusal(400, 'encryption key not found');
  const bits = body.bits ?? 256;
  if (![128, 256, 512].includes(Number(bits))) throw new Refusal(400, 'invalid bit length');
  const made = randomBytes(Number(bits) / 8);
  const version = key.versions.length;
  const ciphertext = `vault:v${version}:${encrypt(materialOf(key, version, context), made).toString('base64')}`;
  return withData({ ciphertext, key_version: version, ...(form === 'plaintext' ? { plaintext: made.toString('base64') } : {}) });
}

/** `<mount>/decrypt/<name>` (path_decrypt.go; sdk/helper/keysutil/policy.go, DecryptWithFactory). One ciphertext, no batch. */
export function answerDecrypt(vault: VaultState, { body }: VaultRequest, place: TransitPlace): Answer {
  const { ciphertext } = body;
  if (typeof ciphertext !== 'string' || ciphertext === '') throw new Refusal(400, 'missing ciphertext to decrypt');
  const context = base64Of(body.context, 'failed to base64-decode context');
  const key = keyNamed(vault, place);
  if (!key) throw new Refusal(400, 'encryption key not found');
  return withData({ plaintext: decrypt(key, context, ciphertext).toString('base64') });
}

function decrypt(key: TransitKey, context: Buffer, ciphertext: string): Buffer {
  if (!ciphertext.startsWith('vault:v')) throw new Refusal(400, 'invalid ciphertext: no prefix');
  const [, digits, encoded] = /^vault:v(\d+):(.*)$/s.exec(ciphertext) ?? [];
  if (digits === undefined || encoded === undefined) throw new Refusal(400, 'invalid ciphertext: wrong number of fields');
  const version = Number(digits);
  if (version > key.versions.length) throw new Refusal(400, 'invalid ciphertext: version is too new');
  if (version < key.minDecryptionVersion) throw new Refusal(400, 'ciphertext or signature version is disallowed by policy (too old)');
  const bytes = base64Of(encoded, 'invalid ciphertext: could not decode base64');
  if (bytes.length < NONCE_BYTES) throw new Refusal(400, 'invalid ciphertext length');
  const material = materialOf(key, version, context);
  try {
    const decipher = createDecipheriv('aes-256-gcm', material, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    throw new Refusal(400, 'invalid ciphertext: unable to decrypt');
  }
}

function encrypt(material: Buffer, plaintext: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', material, nonce, { authTagLength: TAG_BYTES });
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

function base64Of(value: unknown, otherwise: string): Buffer {
  if (value === undefined || value === '') return Buffer.alloc(0);
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/]+={0,2}$/.test(value) || value.length % 4 !== 0) throw new Refusal(400, otherwise);
  return Buffer.from(value, 'base64');
}
