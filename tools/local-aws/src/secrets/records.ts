import { secretArn } from '../account/arns.ts';
import { removeAllTags } from '../account/tags.ts';
import { AwsError } from '../aws-error.ts';
import type { Call } from '../operation.ts';
import type { Database } from '../storage/database.ts';
import { nameOf } from './identifier.ts';
import { replicasFollow, requirePrimary } from './replicas.ts';
import type { SecretRecord } from './secret-record.ts';

const SECRET = 'SELECT arn, name, description, key_id, created_at, changed_at, deleted_at, purge_at FROM secret';

export const secretByArn = (database: Database, arn: string): SecretRecord | null => database.get<SecretRecord>(`${SECRET} WHERE arn = ?`, arn);

/** Whoever has the name, scheduled deletions included. */
export function secretByName(call: Pick<Call, 'database' | 'now'>, name: string): SecretRecord | null {
  const record = call.database.get<SecretRecord>(`${SECRET} WHERE name = ?`, name);
  return record && !purged(call, record) ? record : null;
}

/** By ARN, by ARN without its six characters, or by name; scheduled deletions included. */
export function findSecret(call: Call, id: string): SecretRecord | null {
  const record = secretByArn(call.database, id);
  if (record) return purged(call, record) ? null : record;
  const name = nameOf(call.account, id);
  return name === null ? null : secretByName(call, name);
}

/** Fails with ResourceNotFoundException. */
export function requireSecret(call: Call, id: string): SecretRecord {
  const record = findSecret(call, id);
  if (!record) throw notFound("Secrets Manager can't find the specified secret.");
  return record;
}

/** Fails with InvalidRequestException too, where the secret is scheduled for deletion. */
export function requireLiveSecret(call: Call, id: string): SecretRecord {
  const record = requireSecret(call, id);
  if (record.deleted_at !== null)
    throw new AwsError('InvalidRequestException', "You can't perform this operation on the secret because it was marked for deletion.");
  return record;
}

/** For whoever changes it: fails with InvalidParameterException too, where it is the replica of another region's. */
export function requirePrimaryAlive(call: Call, id: string): SecretRecord {
  const record = requireSecret(call, id);
  requirePrimary(call, record);
  return requireLiveSecret(call, id);
}

export const notFound = (message: string): AwsError => new AwsError('ResourceNotFoundException', message);

/** What a policy decides on; a secret that does not exist is named without its suffix. */
export const secretResource = ({ SecretId }: { readonly SecretId: string }, call: Call): string[] => [
  findSecret(call, SecretId)?.arn ?? (SecretId.startsWith('arn:') ? SecretId : secretArn(call.account, SecretId)),
];

/** All that is left after their recovery windows, by name. */
export function allSecrets(call: Call, after: string): SecretRecord[] {
  return call.database.all<SecretRecord>(`${SECRET} WHERE name > ? ORDER BY name`, after).filter((record) => !purged(call, record));
}

/** Removes versions, stages and tags; the values stay in the append-only table. */
export function removeSecret(call: Pick<Call, 'database'>, record: SecretRecord): void {
  call.database.run('DELETE FROM secret WHERE arn = ?', record.arn);
  removeAllTags(call.database, record.arn);
}

/** AWS removes a secret some time after its window ended; here it is gone at the first look. */
function purged(call: Pick<Call, 'database' | 'now'>, record: SecretRecord): boolean {
  if (record.purge_at === null || record.purge_at > call.now.getTime()) return false;
  removeSecret(call, record);
  return true;
}

/** Something of it has changed, and its replicas are to hear of it. */
export function touch(call: Call, record: SecretRecord): void {
  call.database.run('UPDATE secret SET changed_at = ? WHERE arn = ?', call.now.getTime(), record.arn);
  replicasFollow(call, record);
}
