import { z } from 'zod';
import { tagConditions, tagKeyConditions } from '../account/tag-conditions.ts';
import { addTags, removeTags, tagKeysSchema, tagListSchema } from '../account/tags.ts';
import { AwsError } from '../aws-error.ts';
import { operation } from '../operation.ts';
import { secretIdSchema } from './identifier.ts';
import { requirePrimaryAlive, secretResource } from './records.ts';
import { replicasFollow } from './replicas.ts';

export const tagResource = operation({
  input: z.strictObject({ SecretId: secretIdSchema, Tags: tagListSchema }),
  resources: secretResource,
  conditions: ({ Tags }) => tagConditions(Tags),
  run({ SecretId, Tags }, call) {
    const secret = requirePrimaryAlive(call, SecretId);
    if (!addTags(call.database, secret.arn, Tags)) throw new AwsError('InvalidParameterException', 'A secret can have at most 50 tags.');
    replicasFollow(call, secret);
    return {};
  },
});

export const untagResource = operation({
  input: z.strictObject({ SecretId: secretIdSchema, TagKeys: tagKeysSchema }),
  resources: secretResource,
  conditions: ({ TagKeys }) => tagKeyConditions(TagKeys),
  run({ SecretId, TagKeys }, call) {
    const secret = requirePrimaryAlive(call, SecretId);
    removeTags(call.database, secret.arn, TagKeys);
    replicasFollow(call, secret);
    return {};
  },
});
