import { type Account, parameterArn } from '../account/arns.ts';
import { AwsError } from '../aws-error.ts';
import { type KeyProblem, usableKey } from '../keys/usable.ts';
import { permitKeyUse } from '../keys/used-by-service.ts';
import type { Call } from '../operation.ts';
import { appendValue, openValue, storedValue } from '../storage/values.ts';
import type { VersionRecord } from './records.ts';

/** What a SecureString without a key of its own is under. */
export const DEFAULT_KEY = 'alias/aws/ssm';

/** "AWS KMS encryption for Parameter Store": the parameter's ARN is the encryption context. */
const contextOf = (account: Account, name: string) => ({ PARAMETER_ARN: parameterArn(account, name) });

/** The key reference was given as a name, an alias or an ARN; what KMS says of it comes back as InvalidKeyId. */
function requireKey(call: Call, reference: string): string {
  const found = usableKey(call.keys, reference);
  if ('problem' in found) throw invalidKey(found.problem, reference);
  return found.key.id;
}

const wording: Readonly<Record<KeyProblem, string>> = { missing: 'is not found', disabled: 'is disabled', pending_deletion: 'is pending deletion' };
const invalidKey = (problem: KeyProblem, reference: string): AwsError => new AwsError('InvalidKeyId', `Key ${reference} ${wording[problem]}.`);

export interface NewParameterValue {
  readonly name: string;
  readonly value: string;
  readonly tier: VersionRecord['tier'];
  /** `null` for a plain parameter. */
  readonly keyReference: string | null;
}

/** Encrypts and appends; plain parameters lie under the account's own key, so nothing is readable at rest, and nobody needs it. */
export function storeParameterValue(call: Call, { name, value, tier, keyReference }: NewParameterValue): number {
  const keyId = requireKey(call, keyReference ?? DEFAULT_KEY);
  // "How AWS Systems Manager Parameter Store uses AWS KMS": the key itself encrypts a standard parameter, a data key an advanced one.
  if (keyReference !== null)
    permitKeyUse(call, { service: 'ssm', action: tier === 'Advanced' ? 'kms:GenerateDataKey' : 'kms:Encrypt', keyId, context: contextOf(call.account, name) });
  return appendValue(call.database, call.keys, {
    keyId,
    plaintext: Buffer.from(value, 'utf8'),
    isBinary: false,
    context: contextOf(call.account, name),
    now: call.now,
  });
}

/** The text of a version: decrypted, or (a SecureString without `decrypt`) the ciphertext in base64, as Parameter Store answers. */
export function parameterValue(call: Call, record: VersionRecord, options: { readonly decrypt: boolean }): string {
  const stored = storedValue(call.database, record.value_id);
  if (record.type === 'SecureString' && !options.decrypt) return Buffer.from(stored.ciphertext).toString('base64');
  const { keyId, plaintext } = openValue(call.keys, stored);
  if (record.type === 'SecureString') {
    requireKey(call, keyId);
    permitKeyUse(call, { service: 'ssm', action: 'kms:Decrypt', keyId, context: contextOf(call.account, record.name) });
  }
  return plaintext.toString('utf8');
}
