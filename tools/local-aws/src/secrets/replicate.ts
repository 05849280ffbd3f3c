import { z } from 'zod';
import { AwsError } from '../aws-error.ts';
import type { Conditions } from '../identity/authorize.ts';
import { type Call, operation } from '../operation.ts';
import { removeReplica } from './bring-in-sync.ts';
import { secretIdSchema } from './identifier.ts';
import { removeSecret, requireLiveSecret, requirePrimaryAlive, secretByName, secretByArn, secretResource } from './records.ts';
import type { SecretRecord } from './secret-record.ts';
import { arnAt, keyProblemAt, noteReplica, primaryRegionOf, replicasOf, statusAnswer } from './replicas.ts';
import { permitReading } from './value.ts';

const invalid = (message: string): AwsError => new AwsError('InvalidParameterException', message);

/** Members of CreateSecret and ReplicateSecretToRegions. */
export const replicaRegionsSchema = z.array(z.strictObject({ Region: z.string().min(1).max(128), KmsKeyId: z.string().max(2_048).optional() })).min(1);
export const forceSchema = z.boolean().optional();

type ReplicaRegions = z.output<typeof replicaRegionsSchema>;

/** "Actions, resources, and condition keys for AWS Secrets Manager": the regions, and whether a secret of that name may be overwritten, where the call says so. */
export const replicaConditions = (regions: ReplicaRegions | undefined, force: boolean | undefined): Conditions => ({
  ...(regions === undefined ? {} : { 'secretsmanager:AddReplicaRegions': regions.map(({ Region }) => Region) }),
  ...(force === undefined ? {} : { 'secretsmanager:ForceOverwriteReplicaSecret': String(force) }),
});

/** ReplicateSecretToRegions: the answer comes before the replicas do. One that has failed is asked for again by the same call. */
export const replicateSecretToRegions = operation({
  input: z.strictObject({ SecretId: secretIdSchema, AddReplicaRegions: replicaRegionsSchema, ForceOverwriteReplicaSecret: forceSchema }),
  resources: secretResource,
  conditions: ({ AddReplicaRegions, ForceOverwriteReplicaSecret }) => replicaConditions(AddReplicaRegions, ForceOverwriteReplicaSecret),
  run({ SecretId, AddReplicaRegions, ForceOverwriteReplicaSecret = false }, call) {
    const secret = requirePrimaryAlive(call, SecretId);
    addReplicas(call, secret, { regions: AddReplicaRegions, force: ForceOverwriteReplicaSecret });
    return { ARN: secret.arn, ReplicationStatus: statusAnswer(call.database, secret.arn) };
  },
});

/** Fails with InvalidParameterException for a region that is no other one, or that has a replica already. */
export function addReplicas(call: Call, secret: SecretRecord, { regions, force }: { readonly regions: ReplicaRegions; readonly force: boolean }): void {
  for (const { Region, KmsKeyId } of regions) {
    const there = call.regions.named(Region);
    if (!there || Region === call.account.region) throw invalid('Invalid replica region.');
    const known = replicasOf(call.database, secret.arn).find(({ region }) => region === Region);
    if (known && known.status !== 'Failed') throw invalid(`Secret is already replicated to region ${Region}.`);
    permitReading(call, secret);
    const message = keyProblemAt(call, there, secret, KmsKeyId ?? null);
    if (message === null && force && !there.isAway()) makeWay(call, there, secret);
    noteReplica(call.database, { arn: secret.arn, region: Region, key_id: KmsKeyId ?? null, status: message === null ? 'InProgress' : 'Failed', message });
  }
}

/** Overwrites an ordinary secret of that name, and none that is or was another's replica. */
function makeWay({ account }: Call, there: NonNullable<ReturnType<Call['regions']['named']>>, secret: SecretRecord): void {
  there.database.transaction(() => {
    const found = secretByName({ database: there.database, now: there.clock.now() }, secret.name);
    if (!found || found.arn === arnAt(secret, there)) return;
    const primary = primaryRegionOf(there.database, found.arn);
    if (primary === null || primary === account.region) removeSecret(there, found);
  });
}

/** RemoveRegionsFromReplication: the replicas are deleted. Of a region that has none nothing is said. */
export const removeRegionsFromReplication = operation({
  input: z.strictObject({ SecretId: secretIdSchema, RemoveReplicaRegions: z.array(z.string().min(1).max(128)).min(1) }),
  resources: secretResource,
  run({ SecretId, RemoveReplicaRegions }, call) {
    const secret = requirePrimaryAlive(call, SecretId);
    for (const region of RemoveReplicaRegions) {
      const there = call.regions.named(region);
      if (there && replicasOf(call.database, secret.arn).some((each) => each.region === region)) removeReplica(call.account, there, secret);
      call.database.run('DELETE FROM secret_replica WHERE arn = ? AND region = ?', secret.arn, region);
    }
    return { ARN: secret.arn, ReplicationStatus: statusAnswer(call.database, secret.arn) };
  },
});

/** StopReplicationToReplica: called where the replica is, which from then on is a secret of its own; nothing of the old one reaches it. */
export const stopReplicationToReplica = operation({
  input: z.strictObject({ SecretId: secretIdSchema }),
  resources: secretResource,
  run({ SecretId }, call) {
    const secret = requireLiveSecret(call, SecretId);
    const primary = primaryRegionOf(call.database, secret.arn);
    if (primary === null) throw invalid('Operation not permitted on a primary secret.');
    call.database.run('DELETE FROM replica_of WHERE arn = ?', secret.arn);
    const home = call.regions.named(primary);
    const arn = home && arnAt(secret, home);
    if (home && arn && !home.isAway() && secretByArn(home.database, arn))
      home.database.run('DELETE FROM secret_replica WHERE arn = ? AND region = ?', arn, call.account.region);
    return { ARN: secret.arn };
  },
});
