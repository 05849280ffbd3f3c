import { z } from 'zod';
import { AwsError } from '../aws-error.ts';
import { type Call, operation } from '../operation.ts';
import { secretIdSchema } from './identifier.ts';
import { notFound, requireLiveSecret, secretResource } from './records.ts';
import type { SecretVersionRecord } from './secret-record.ts';
import { CURRENT, holderOf, stagesOf } from './stages.ts';
import { secretValue, valueAnswer } from './value.ts';
import { findSecretVersion } from './version.ts';

/** GetSecretValue: by version, by stage, or AWSCURRENT; where both are named they must be one version. */
export const getSecretValue = operation({
  input: z.strictObject({ SecretId: secretIdSchema, VersionId: z.string().min(32).max(64).optional(), VersionStage: z.string().min(1).max(256).optional() }),
  resources: secretResource,
  conditions: ({ VersionId, VersionStage }) => ({
    ...(VersionStage === undefined ? {} : { 'secretsmanager:VersionStage': VersionStage }),
    ...(VersionId === undefined ? {} : { 'secretsmanager:VersionId': VersionId }),
  }),
  run({ SecretId, VersionId, VersionStage }, call) {
    const secret = requireLiveSecret(call, SecretId);
    const version = VersionId === undefined ? atStage(call, secret.arn, VersionStage ?? CURRENT) : byId(call, secret.arn, VersionId);
    const stages = stagesOf(call.database, secret.arn, version.id);
    if (VersionStage !== undefined && !stages.includes(VersionStage)) {
      throw new AwsError('InvalidRequestException', 'You provided a VersionStage that is not associated to the provided VersionId.');
    }
    const { arn, name } = secret;
    return {
      ARN: arn,
      Name: name,
      VersionId: version.id,
      ...valueAnswer(secretValue(call, version)),
      VersionStages: stages,
      CreatedDate: new Date(version.created_at),
    };
  },
});

function atStage(call: Call, arn: string, stage: string): SecretVersionRecord {
  const holder = holderOf(call.database, arn, stage);
  const version = holder === null ? null : findSecretVersion(call, arn, holder);
  if (!version) throw notFound(`Secrets Manager can't find the specified secret value for staging label: ${stage}`);
  return version;
}

function byId(call: Call, arn: string, id: string): SecretVersionRecord {
  const version = findSecretVersion(call, arn, id);
  if (!version) throw notFound(`Secrets Manager can't find the specified secret value for VersionId: ${id}`);
  return version;
}
