import { keyArn } from '../account/arns.ts';
import type { Call } from '../operation.ts';
import { contextConditions } from './context-conditions.ts';
import type { EncryptionContext } from './key-ring.ts';

export interface ServiceKeyUse {
  /** Who uses the key for its caller. */
  readonly service: 'ssm' | 'secretsmanager';
  readonly action: 'kms:Encrypt' | 'kms:Decrypt' | 'kms:GenerateDataKey';
  readonly keyId: string;
  readonly context: EncryptionContext;
}

/**
 * A service never uses a key in its own name: KMS asks whether the caller may, with `kms:ViaService` and the encryption context.
 * Throws the AwsError that the caller of the service sees.
 */
export function permitKeyUse(call: Call, { service, action, keyId, context }: ServiceKeyUse): void {
  call.permit({
    action,
    resources: [keyArn(call.account, keyId)],
    conditions: { 'kms:ViaService': `${service}.${call.account.region}.amazonaws.com`, ...contextConditions(context) },
  });
}
