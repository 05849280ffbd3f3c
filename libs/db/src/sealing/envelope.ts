import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';
import { RcmError } from '@rcm/telemetry';

/** Where a sealed value lies. It opens nowhere else: not in another row, column or organization, and not under another key. */
export interface SealedPlace {
  readonly orgId: string;
  readonly taskId: string;
  readonly field: 'input' | 'result';
  readonly keyId: string;
}

/** Of the first byte. A value of another version is not guessed at. */
const VERSION = 1;
/** Random for each value: 2^32 values under one key are as many as NIST SP 800-38D, 8.3, allows, and a key seals for a day. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ALGORITHM = 'aes-256-gcm';
/** The length of a value says something, too: whether a portal knew the claim. Spaces behind JSON mean nothing, so it is filled up with them. */
const STEP_BYTES = 1_024;
/** A downloaded file in base64, with room. */
const LARGEST_BYTES = 64 * 1_024 * 1_024;

/** No part can hold a line break: ids, UUIDs and two names. */
const associatedData = ({ orgId, taskId, field, keyId }: SealedPlace): Buffer =>
  Buffer.from(['rcm portal_task 1', orgId, taskId.toLowerCase(), field, keyId].join('\n'));

/** version | nonce | ciphertext | tag. Fails with `input_invalid` for a text that is too long. */
export function seal(key: KeyObject, place: SealedPlace, json: string): Buffer {
  const bytes = Buffer.byteLength(json);
  if (bytes > LARGEST_BYTES) throw new RcmError('input_invalid', `${place.field} is larger than ${LARGEST_BYTES} bytes.`);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(associatedData(place));
  const filled = json + ' '.repeat((STEP_BYTES - (bytes % STEP_BYTES)) % STEP_BYTES);
  return Buffer.concat([Buffer.of(VERSION), nonce, cipher.update(filled, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

/** Fails with `task_data_unreadable`: other bytes, another place, another key. */
export function open(key: KeyObject, place: SealedPlace, sealed: Uint8Array): unknown {
  if (sealed[0] !== VERSION || sealed.length < 1 + NONCE_BYTES + TAG_BYTES) throw unreadable(place);
  const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
  const ciphertext = sealed.subarray(1 + NONCE_BYTES, -TAG_BYTES);
  try {
    const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(associatedData(place))
      .setAuthTag(sealed.subarray(-TAG_BYTES));
    return JSON.parse(Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8')) as unknown;
  } catch {
    // Whatever was thrown is dropped: JSON.parse quotes what it was given.
    throw unreadable(place);
  }
}

const unreadable = ({ taskId, field, keyId }: Pick<SealedPlace, 'taskId' | 'field' | 'keyId'>): RcmError =>
  new RcmError('task_data_unreadable', `The ${field} of task ${taskId} does not open: it was not sealed there, or not under its key.`, {
    details: { taskId, field, keyId },
  });
