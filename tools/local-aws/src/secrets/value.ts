import { z } from 'zod';
import { AwsError, validationError } from '../aws-error.ts';
import type { EncryptionContext } from '../keys/key-ring.ts';
import { usableKey } from '../keys/usable.ts';
import { permitKeyUse } from '../keys/used-by-service.ts';
import type { Call } from '../operation.ts';
import { appendValue, openValue, storedValue } from '../storage/values.ts';
import type { SecretRecord, SecretVersionRecord } from './secret-record.ts';

export const DEFAULT_KEY = 'alias/aws/secretsmanager';
/** Bytes. "Secrets Manager quotas" and the PutSecretValue reference. */
const MAX_VALUE_BYTES = 65_536;

export const valueMembers = { SecretString: z.string().optional(), SecretBinary: z.base64().optional() };

export interface SecretValue {
  readonly bytes: Buffer;
  readonly isBinary: boolean;
}

/** The one value of a request, `null` without one. Errors: InvalidParameterException (both given), ValidationException (size). */
export function requestedValue({
  SecretString,
  SecretBinary,
}: {
  readonly SecretString?: string | undefined;
  readonly SecretBinary?: string | undefined;
}): SecretValue | null {
  if (SecretString !== undefined && SecretBinary !== undefined) {
    throw new AwsError('InvalidParameterException', "You can't specify both a binary secret value and a string secret value in the same secret.");
  }
  const isBinary = SecretBinary !== undefined;
  const text = isBinary ? SecretBinary : SecretString;
  if (text === undefined) return null;
  const bytes = Buffer.from(text, isBinary ? 'base64' : 'utf8');
  const member = isBinary ? 'secretBinary' : 'secretString';
  if (bytes.length === 0)
    throw validationError(`1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must have length greater than or equal to 1`);
  if (bytes.length > MAX_VALUE_BYTES)
    throw validationError(
      `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must have length less than or equal to ${MAX_VALUE_BYTES}`,
    );
  return { bytes, isBinary };
}

/** "Secret encryption and decryption in AWS Secrets Manager": both ids are the encryption context. */
export function storeSecretValue(call: Call, secret: SecretRecord, versionId: string, value: SecretValue): number {
  const found = usableKey(call.keys, secret.key_id ?? DEFAULT_KEY);
  if ('problem' in found)
    throw new AwsError(
      'EncryptionFailure',
      "Secrets Manager can't encrypt the protected secret text using the provided KMS key. Check that the KMS key is available, enabled, and not in an invalid state.",
    );
  const context = contextOf(secret.arn, versionId);
  permitUse(call, 'kms:GenerateDataKey', found.key.id, context);
  return appendValue(call.database, call.keys, { keyId: found.key.id, plaintext: value.bytes, isBinary: value.isBinary, context, now: call.now });
}

const contextOf = (arn: string, versionId: string): EncryptionContext => ({ SecretARN: arn, SecretVersionId: versionId });

/** "Validating access to the KMS key": whoever gives a secret its key must be able to write and to read under it. */
export function validateKeyAccess(call: Call, secret: SecretRecord): void {
  const key = call.keys.find(secret.key_id ?? DEFAULT_KEY);
  if (!key) return;
  for (const action of ['kms:GenerateDataKey', 'kms:Decrypt'] as const) permitUse(call, action, key.id, contextOf(secret.arn, 'RequestToValidateKeyAccess'));
}

/** Whoever has a secret replicated must be able to read what is copied. */
export function permitReading(call: Call, secret: SecretRecord): void {
  const key = call.keys.find(secret.key_id ?? DEFAULT_KEY);
  if (key) permitUse(call, 'kms:Decrypt', key.id, contextOf(secret.arn, 'RequestToValidateKeyAccess'));
}

/** Secrets Manager does not repeat what KMS said. */
function permitUse(call: Call, action: 'kms:GenerateDataKey' | 'kms:Decrypt', keyId: string, context: EncryptionContext): void {
  try {
    permitKeyUse(call, { service: 'secretsmanager', action, keyId, context });
  } catch (error) {
    if (error instanceof AwsError) throw new AwsError(error.code, 'Access to KMS is not allowed');
    throw error;
  }
}

/** Fails with DecryptionFailure where the key may not be used now. */
export function secretValue(call: Call, version: SecretVersionRecord): SecretValue {
  const stored = storedValue(call.database, version.value_id);
  const { keyId, plaintext } = openValue(call.keys, stored);
  if ('problem' in usableKey(call.keys, keyId))
    throw new AwsError('DecryptionFailure', "Secrets Manager can't decrypt the protected secret text using the provided KMS key.");
  permitUse(call, 'kms:Decrypt', keyId, contextOf(version.arn, version.id));
  return { bytes: plaintext, isBinary: stored.is_binary === 1 };
}

/** As an answer carries it. */
export const valueAnswer = ({ bytes, isBinary }: SecretValue): object =>
  isBinary ? { SecretBinary: bytes.toString('base64') } : { SecretString: bytes.toString('utf8') };
