import { z } from 'zod';
import { AwsError } from '../aws-error.ts';
import { type Call, operation } from '../operation.ts';
import { secretIdSchema } from './identifier.ts';
import { findSecret, removeSecret, requirePrimaryAlive, requireSecret, secretResource } from './records.ts';
import type { SecretRecord } from './secret-record.ts';
import { replicasOf, requirePrimary } from './replicas.ts';

const DAY_MS = 86_400_000;
const DEFAULT_WINDOW_DAYS = 30;

const invalid = (message: string): AwsError => new AwsError('InvalidParameterException', message);

/** DeleteSecret: marks it and keeps it through its recovery window, or removes it at once when forced. */
export const deleteSecret = operation({
  input: z.strictObject({ SecretId: secretIdSchema, RecoveryWindowInDays: z.number().int().optional(), ForceDeleteWithoutRecovery: z.boolean().optional() }),
  resources: secretResource,
  run({ SecretId, RecoveryWindowInDays, ForceDeleteWithoutRecovery = false }, call) {
    if (ForceDeleteWithoutRecovery && RecoveryWindowInDays !== undefined)
      throw invalid("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
    const days = RecoveryWindowInDays ?? DEFAULT_WINDOW_DAYS;
    if (days < 7 || days > 30) throw invalid('The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).');
    if (ForceDeleteWithoutRecovery) {
      const secret = findSecret(call, SecretId);
      if (secret) requireAlone(call, secret);
      if (secret) removeSecret(call, secret);
      return { ...(secret ? { ARN: secret.arn, Name: secret.name } : { Name: SecretId }), DeletionDate: call.now };
    }
    const secret = requirePrimaryAlive(call, SecretId);
    requireAlone(call, secret);
    const purgeAt = call.now.getTime() + days * DAY_MS;
    call.database.run('UPDATE secret SET deleted_at = ?, purge_at = ? WHERE arn = ?', call.now.getTime(), purgeAt, secret.arn);
    return { ARN: secret.arn, Name: secret.name, DeletionDate: new Date(purgeAt) };
  },
});

/** RestoreSecret: takes a scheduled deletion back. */
export const restoreSecret = operation({
  input: z.strictObject({ SecretId: secretIdSchema }),
  resources: secretResource,
  run({ SecretId }, call) {
    const secret = requireSecret(call, SecretId);
    requirePrimary(call, secret);
    call.database.run('UPDATE secret SET deleted_at = NULL, purge_at = NULL WHERE arn = ?', secret.arn);
    return { ARN: secret.arn, Name: secret.name };
  },
});

/** A replica is deleted by its secret's region alone, and a secret after its replicas: "Delete an AWS Secrets Manager secret". */
function requireAlone(call: Call, secret: SecretRecord): void {
  requirePrimary(call, secret);
  const regions = replicasOf(call.database, secret.arn).map(({ region }) => region);
  if (regions.length > 0) throw invalid(`You can't delete secret ${secret.name} that still has replica regions [${regions.join(', ')}]`);
}
