import { addTags, removeAllTags, tagsOf } from '../account/tags.ts';
import { usableKey } from '../keys/usable.ts';
import type { Region } from '../operation.ts';
import { appendValue, openValue, storedValue } from '../storage/values.ts';
import { removeSecret, secretByArn, secretByName } from './records.ts';
import type { SecretRecord, SecretVersionRecord } from './secret-record.ts';
import { arnAt, noteReplica, primaryRegionOf, type ReplicaRecord, replicasBehind } from './replicas.ts';
import { DEFAULT_KEY } from './value.ts';

/** Copies what has not reached its replica yet. It may be repeated: what a crash cut off between the two data files is done again. */
export function bringInSync(home: Region, named: (region: string) => Region | null): void {
  for (const replica of replicasBehind(home.database)) {
    const there = named(replica.region);
    const secret = secretByArn(home.database, replica.arn);
    if (!there || there.isAway() || !secret) continue;
    const message = there.database.transaction(() => copy({ home, there, secret, replica }));
    noteReplica(home.database, { ...replica, status: message === null ? 'InSync' : 'Failed', message });
  }
}

interface Copying {
  readonly home: Region;
  readonly there: Region;
  readonly secret: SecretRecord;
  readonly replica: ReplicaRecord;
}

/** Why it failed; `null`: the replica is what the secret is. */
function copy(copying: Copying): string | null {
  const { home, there, secret, replica } = copying;
  const { database, keys, account } = there;
  const arn = arnAt(secret, there);
  const found = secretByName({ database, now: there.clock.now() }, secret.name);
  if (found && (found.arn !== arn || primaryRegionOf(database, found.arn) !== home.account.region))
    return `Replication failed: Secret name ${secret.name} already exists in region ${account.region}.`;
  const key = usableKey(keys, replica.key_id ?? DEFAULT_KEY);
  if ('problem' in key) return 'Replication failed: The KMS key of the replica cannot be used.';
  database.run(
    `INSERT INTO secret(arn, name, description, key_id, created_at, changed_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (arn) DO UPDATE SET description = excluded.description, key_id = excluded.key_id, changed_at = excluded.changed_at`,
    ...[arn, secret.name, secret.description, replica.key_id, secret.created_at, secret.changed_at],
  );
  database.run('INSERT INTO replica_of(arn, region) VALUES (?, ?) ON CONFLICT (arn) DO NOTHING', arn, home.account.region);
  copyVersions(copying, arn, key.key.id);
  database.run('DELETE FROM secret_stage WHERE arn = ?', arn);
  for (const { stage, version_id: version } of stagesOf(home, secret.arn))
    database.run('INSERT INTO secret_stage(arn, stage, version_id) VALUES (?, ?, ?)', arn, stage, version);
  removeAllTags(database, arn);
  addTags(database, arn, tagsOf(home.database, secret.arn));
  return null;
}

const stagesOf = ({ database }: Region, arn: string) =>
  database.all<{ stage: string; version_id: string }>('SELECT stage, version_id FROM secret_stage WHERE arn = ?', arn);
const versionsOf = ({ database }: Region, arn: string) =>
  database.all<SecretVersionRecord>('SELECT arn, id, value_id, created_at FROM secret_version WHERE arn = ?', arn);

/** Version ids are the secret's own; each value is encrypted anew, under the replica's key and ARN. */
function copyVersions({ home, there, secret }: Copying, arn: string, keyId: string): void {
  const [wanted, present] = [versionsOf(home, secret.arn), versionsOf(there, arn)];
  const ids = (versions: readonly SecretVersionRecord[]) => new Set(versions.map(({ id }) => id));
  const [known, kept] = [ids(present), ids(wanted)];
  there.database.run('DELETE FROM secret_stage WHERE arn = ?', arn);
  for (const { id } of present) if (!kept.has(id)) there.database.run('DELETE FROM secret_version WHERE arn = ? AND id = ?', arn, id);
  for (const { id, value_id: value, created_at: created } of wanted) {
    if (known.has(id)) continue;
    const stored = storedValue(home.database, value);
    const { plaintext } = openValue(home.keys, stored);
    const context = { SecretARN: arn, SecretVersionId: id };
    const valueId = appendValue(there.database, there.keys, { keyId, plaintext, isBinary: stored.is_binary === 1, context, now: there.clock.now() });
    there.database.run('INSERT INTO secret_version(arn, id, value_id, created_at) VALUES (?, ?, ?, ?)', arn, id, valueId, created);
  }
}

/** The replica goes with the link to it. One that cannot be reached stays behind, as AWS's do. */
export function removeReplica(home: Region['account'], there: Region, secret: SecretRecord): void {
  if (there.isAway()) return;
  there.database.transaction(() => {
    const found = secretByArn(there.database, arnAt(secret, there));
    if (found && primaryRegionOf(there.database, found.arn) === home.region) removeSecret(there, found);
  });
}
