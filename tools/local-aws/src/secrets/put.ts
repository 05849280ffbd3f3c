import { z } from 'zod';
import { AwsError } from '../aws-error.ts';
import { operation } from '../operation.ts';
import { requireVersionToken, secretIdSchema } from './identifier.ts';
import { requirePrimaryAlive, secretResource } from './records.ts';
import { CURRENT, stagesOf } from './stages.ts';
import { requestedValue, valueMembers } from './value.ts';
import { addVersion } from './version.ts';

/** PutSecretValue: a new version under `VersionStages` (AWSCURRENT unless named), taken from whichever version holds them. */
export const putSecretValue = operation({
  input: z.strictObject({
    SecretId: secretIdSchema,
    ClientRequestToken: z.string().optional(),
    VersionStages: z.array(z.string().min(1).max(256)).min(1).max(20).optional(),
    ...valueMembers,
  }),
  resources: secretResource,
  run(given, call) {
    const secret = requirePrimaryAlive(call, given.SecretId);
    const value = requestedValue(given);
    if (!value) throw new AwsError('InvalidRequestException', 'You must provide either SecretString or SecretBinary.');
    const token = requireVersionToken(given.ClientRequestToken);
    addVersion(call, secret, { token, value, stages: given.VersionStages ?? [CURRENT] });
    return { ARN: secret.arn, Name: secret.name, VersionId: token, VersionStages: stagesOf(call.database, secret.arn, token) };
  },
});
