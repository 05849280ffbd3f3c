import { keyArn, secretArn } from '../account/arns.ts';
import { accountFacts } from '../account/facts.ts';
import { AwsError } from '../aws-error.ts';
import { contextConditions } from '../keys/context-conditions.ts';
import { type KeyProblem, usableKey } from '../keys/usable.ts';
import type { Call, Region } from '../operation.ts';
import type { Database } from '../storage/database.ts';
import type { SecretRecord } from './secret-record.ts';
import { DEFAULT_KEY } from './value.ts';

type ReplicationStatus = 'InSync' | 'InProgress' | 'Failed';

/** What a secret is told of one of its replicas. */
export interface ReplicaRecord {
  readonly arn: string;
  readonly region: string;
  readonly key_id: string | null;
  readonly status: ReplicationStatus;
  readonly message: string | null;
}

const REPLICA = 'SELECT arn, region, key_id, status, message FROM secret_replica';

export const replicasOf = (database: Database, arn: string): ReplicaRecord[] => database.all<ReplicaRecord>(`${REPLICA} WHERE arn = ? ORDER BY region`, arn);

/** Of every secret, what has not reached its replica yet. */
export const replicasBehind = (database: Database): ReplicaRecord[] =>
  database.all<ReplicaRecord>(`${REPLICA} WHERE status = 'InProgress' ORDER BY arn, region`);

/** Where the secret is that this one is a replica of; `null`: it is none. */
export const primaryRegionOf = (database: Database, arn: string): string | null =>
  database.get<{ region: string }>('SELECT region FROM replica_of WHERE arn = ?', arn)?.region ?? null;

/** Everything but a read is refused to a replica: "Promote a replica secret to a standalone secret". */
export function requirePrimary({ database }: Call, { arn }: SecretRecord): void {
  if (primaryRegionOf(database, arn) !== null)
    throw new AwsError('InvalidParameterException', "Operation not permitted on a replica secret. Call must be made in primary secret's region.");
}

export function noteReplica(database: Database, { arn, region, key_id: key, status, message }: ReplicaRecord): void {
  database.run(
    `INSERT INTO secret_replica(arn, region, key_id, status, message) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (arn, region) DO UPDATE SET key_id = excluded.key_id, status = excluded.status, message = excluded.message`,
    ...[arn, region, key, status, message],
  );
}

/** A change is to reach every replica that was in sync; one that has failed stays so until it is asked for again. */
export function replicasFollow({ database }: Pick<Call, 'database'>, { arn }: SecretRecord): void {
  database.run("UPDATE secret_replica SET status = 'InProgress' WHERE arn = ? AND status = 'InSync'", arn);
}

/** A new value is written under each replica's key too, which its writer must be allowed to use. */
export function valueReachesReplicas(call: Call, secret: SecretRecord): void {
  for (const replica of replicasOf(call.database, secret.arn)) {
    const there = call.regions.named(replica.region);
    const problem = there && replica.status !== 'Failed' ? keyProblemAt(call, there, secret, replica.key_id) : null;
    if (problem !== null) noteReplica(call.database, { ...replica, status: 'Failed', message: problem });
  }
}

/**
 * Why the caller cannot have a value encrypted there; `null`: it can. "If the primary secret is encrypted with a KMS key other than aws/secretsmanager, you also
 * need kms:Decrypt permission to the key. To encrypt the replicated secret with [such a key], you need kms:GenerateDataKey and kms:Encrypt to the key",
 * API_ReplicateSecretToRegions.
 */
export function keyProblemAt(call: Call, there: Region, secret: SecretRecord, keyId: string | null): string | null {
  const found = usableKey(there.keys, keyId ?? DEFAULT_KEY);
  if ('problem' in found) return `Replication failed: ${KEY_PROBLEMS[found.problem]}`;
  const context = { SecretARN: arnAt(secret, there), SecretVersionId: 'RequestToValidateKeyAccess' };
  for (const action of ['kms:GenerateDataKey', 'kms:Encrypt']) {
    const refused = there.authorize({
      ...{ principal: call.principal, now: call.now, account: accountFacts(there), action, resources: [keyArn(there.account, found.key.id)] },
      conditions: { 'kms:ViaService': `secretsmanager.${there.account.region}.amazonaws.com`, ...contextConditions(context) },
    });
    if (refused) return 'Replication failed: Access to KMS is not allowed';
  }
  return null;
}

const KEY_PROBLEMS: Readonly<Record<KeyProblem, string>> = {
  missing: 'The KMS key of the replica does not exist.',
  disabled: 'The KMS key of the replica is disabled.',
  pending_deletion: 'The KMS key of the replica is pending deletion.',
};

/** "The ARN for a replicated secret is the same as the primary secret except for the Region." */
export const arnAt = ({ arn, name }: Pick<SecretRecord, 'arn' | 'name'>, { account }: Pick<Region, 'account'>): string =>
  secretArn(account, name + arn.slice(arn.lastIndexOf('-')));

/** As DescribeSecret, CreateSecret and ReplicateSecretToRegions answer it. */
export const statusAnswer = (database: Database, arn: string): readonly object[] =>
  replicasOf(database, arn).map(({ region, key_id: key, status, message }) => ({
    Region: region,
    KmsKeyId: key ?? DEFAULT_KEY,
    Status: status,
    ...(message === null ? {} : { StatusMessage: message }),
  }));
