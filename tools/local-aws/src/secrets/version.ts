import { AwsError } from '../aws-error.ts';
import type { Call } from '../operation.ts';
import { touch } from './records.ts';
import type { SecretRecord, SecretVersionRecord } from './secret-record.ts';
import { valueReachesReplicas } from './replicas.ts';
import { CURRENT, holderOf, moveStage } from './stages.ts';
import { secretValue, type SecretValue, storeSecretValue } from './value.ts';

const MAX_VERSIONS = 100;
const DAY_MS = 86_400_000;

export const findSecretVersion = (call: Call, arn: string, id: string): SecretVersionRecord | null =>
  call.database.get<SecretVersionRecord>('SELECT arn, id, value_id, created_at FROM secret_version WHERE arn = ? AND id = ?', arn, id);

/**
 * Adds a version under its token and attaches `stages`; the first version is AWSCURRENT whatever was asked. The same token
 * with the same value changes nothing; with another value it fails with ResourceExistsException.
 */
export function addVersion(
  call: Call,
  secret: SecretRecord,
  options: { readonly token: string; readonly value: SecretValue; readonly stages: readonly string[] },
): void {
  const { token, value, stages } = options;
  const known = findSecretVersion(call, secret.arn, token);
  if (known) {
    if (!sameValue(secretValue(call, known), value)) {
      throw new AwsError(
        'ResourceExistsException',
        `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${secret.arn}.`,
      );
    }
    return;
  }
  makeRoom(call, secret);
  const valueId = storeSecretValue(call, secret, token, value);
  call.database.run('INSERT INTO secret_version(arn, id, value_id, created_at) VALUES (?, ?, ?, ?)', secret.arn, token, valueId, call.now.getTime());
  const first = holderOf(call.database, secret.arn, CURRENT) === null;
  for (const stage of new Set(first ? [...stages, CURRENT] : stages)) moveStage(call.database, secret.arn, stage, token);
  valueReachesReplicas(call, secret);
  touch(call, secret);
}

const sameValue = (a: SecretValue, b: SecretValue): boolean => a.isBinary === b.isBinary && a.bytes.equals(b.bytes);

/** "Secrets Manager doesn't remove versions created less than 24 hours ago": older ones without a stage go, else the write is refused. */
function makeRoom(call: Call, { arn }: SecretRecord): void {
  const { count } = call.database.get<{ count: number }>('SELECT count(*) AS count FROM secret_version WHERE arn = ?', arn) ?? { count: 0 };
  if (count < MAX_VERSIONS) return;
  const { changes } = call.database.run(
    `DELETE FROM secret_version WHERE arn = ? AND id = (
       SELECT v.id FROM secret_version v WHERE v.arn = ? AND v.created_at < ? AND NOT EXISTS (SELECT 1 FROM secret_stage s WHERE s.arn = v.arn AND s.version_id = v.id)
       ORDER BY v.created_at, v.value_id LIMIT 1)`,
    ...[arn, arn, call.now.getTime() - DAY_MS],
  );
  if (changes === 0)
    throw new AwsError('LimitExceededException', `A secret can have at most ${MAX_VERSIONS} versions, and versions younger than 24 hours are not removed.`);
}
