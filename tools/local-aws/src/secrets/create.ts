import { z } from 'zod';
import { secretArn } from '../account/arns.ts';
import { tagConditions } from '../account/tag-conditions.ts';
import { addTags, tagListSchema } from '../account/tags.ts';
import { AwsError } from '../aws-error.ts';
import { type Call, operation } from '../operation.ts';
import { newSecretArn, requireSecretName, requireVersionToken, secretIdSchema, secretNameSchema } from './identifier.ts';
import { findSecret, requirePrimaryAlive, secretResource, touch } from './records.ts';
import type { SecretRecord } from './secret-record.ts';
import { statusAnswer } from './replicas.ts';
import { addReplicas, forceSchema, replicaConditions, replicaRegionsSchema } from './replicate.ts';
import { CURRENT } from './stages.ts';
import { requestedValue, type SecretValue, validateKeyAccess, valueMembers } from './value.ts';
import { addVersion, findSecretVersion } from './version.ts';

/** "AWS Secrets Manager quotas", of an account in a region. */
export const MAX_SECRETS = 500_000;

const description = z.string().max(2_048).optional();
const keyId = z.string().max(2_048).optional();
const token = z.string().optional();

/** CreateSecret: with a value, its first version is AWSCURRENT. Repeated with the same token and value it answers the same. */
export const createSecret = operation({
  input: z.strictObject({
    Name: secretNameSchema,
    ClientRequestToken: token,
    Description: description,
    KmsKeyId: keyId,
    Tags: tagListSchema.optional(),
    AddReplicaRegions: replicaRegionsSchema.optional(),
    ForceOverwriteReplicaSecret: forceSchema,
    ...valueMembers,
  }),
  resources: ({ Name }, { account }) => [secretArn(account, Name)],
  conditions: ({ Name, KmsKeyId, Tags, AddReplicaRegions, ForceOverwriteReplicaSecret }) => ({
    'secretsmanager:Name': Name,
    ...(KmsKeyId === undefined ? {} : { 'secretsmanager:KmsKeyId': KmsKeyId }),
    ...tagConditions(Tags),
    ...replicaConditions(AddReplicaRegions, ForceOverwriteReplicaSecret),
  }),
  // "To add replica Regions, you must also have secretsmanager:ReplicateSecretToRegions", API_CreateSecret.
  also({ Name, Tags, AddReplicaRegions, ForceOverwriteReplicaSecret }, { account }) {
    const resources = [secretArn(account, Name)];
    const conditions = replicaConditions(AddReplicaRegions, ForceOverwriteReplicaSecret);
    return [
      ...(Tags?.length ? [{ action: 'secretsmanager:TagResource', resources, conditions: tagConditions(Tags) }] : []),
      ...(AddReplicaRegions ? [{ action: 'secretsmanager:ReplicateSecretToRegions', resources, conditions }] : []),
    ];
  },
  run(given, call) {
    requireSecretName(given.Name);
    const value = requestedValue(given);
    const version = value && { value, token: requireVersionToken(given.ClientRequestToken), stages: [CURRENT] };
    const present = findSecret(call, given.Name);
    if (present) return repeated(call, present, version);
    requireRoom(call);
    const secret: SecretRecord = {
      ...{ arn: newSecretArn(call.account, given.Name), name: given.Name, description: given.Description ?? null, key_id: given.KmsKeyId ?? null },
      ...{ created_at: call.now.getTime(), changed_at: call.now.getTime(), deleted_at: null, purge_at: null },
    };
    call.database.run(
      'INSERT INTO secret(arn, name, description, key_id, created_at, changed_at) VALUES (?, ?, ?, ?, ?, ?)',
      ...[secret.arn, secret.name, secret.description, secret.key_id, secret.created_at, secret.changed_at],
    );
    if (secret.key_id !== null) validateKeyAccess(call, secret);
    if (version) addVersion(call, secret, version);
    if (given.Tags && !addTags(call.database, secret.arn, given.Tags)) throw new AwsError('InvalidParameterException', 'A secret can have at most 50 tags.');
    const { AddReplicaRegions: regions, ForceOverwriteReplicaSecret: force = false } = given;
    if (regions) addReplicas(call, secret, { regions, force });
    const replicated = regions ? { ReplicationStatus: statusAnswer(call.database, secret.arn) } : {};
    return { ARN: secret.arn, Name: secret.name, ...(version ? { VersionId: version.token } : {}), ...replicated };
  },
});

/** "The request failed because it would exceed one of the Secrets Manager quotas", API_CreateSecret. */
function requireRoom({ database, secretLimit }: Call): void {
  const { count } = database.get<{ count: number }>('SELECT count(*) AS count FROM secret') ?? { count: 0 };
  if (count >= secretLimit) throw new AwsError('LimitExceededException', `You can have at most ${secretLimit} secrets in this account.`);
}

function repeated(
  call: Call,
  present: SecretRecord,
  version: { readonly value: SecretValue; readonly token: string; readonly stages: readonly string[] } | null,
): object {
  if (present.deleted_at !== null)
    throw new AwsError('InvalidRequestException', "You can't create this secret because a secret with this name is already scheduled for deletion.");
  if (!version || !findSecretVersion(call, present.arn, version.token))
    throw new AwsError('ResourceExistsException', `The operation failed because the secret ${present.name} already exists.`);
  addVersion(call, present, version);
  return { ARN: present.arn, Name: present.name, VersionId: version.token };
}

/** UpdateSecret: description, key, and a new current version where a value is given. */
export const updateSecret = operation({
  input: z.strictObject({ SecretId: secretIdSchema, ClientRequestToken: token, Description: description, KmsKeyId: keyId, ...valueMembers }),
  resources: secretResource,
  run(given, call) {
    const secret = requirePrimaryAlive(call, given.SecretId);
    const value = requestedValue(given);
    const updated = { ...secret, description: given.Description ?? secret.description, key_id: given.KmsKeyId ?? secret.key_id };
    call.database.run('UPDATE secret SET description = ?, key_id = ? WHERE arn = ?', updated.description, updated.key_id, secret.arn);
    if (given.KmsKeyId !== undefined) validateKeyAccess(call, updated);
    touch(call, secret);
    if (!value) return { ARN: secret.arn, Name: secret.name };
    const version = { value, token: requireVersionToken(given.ClientRequestToken), stages: [CURRENT] };
    addVersion(call, updated, version);
    return { ARN: secret.arn, Name: secret.name, VersionId: version.token };
  },
});
