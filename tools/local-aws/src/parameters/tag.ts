import { z } from 'zod';
import { parameterArn } from '../account/arns.ts';
import { tagConditions, tagKeyConditions } from '../account/tag-conditions.ts';
import { addTags, removeTags, tagKeysSchema, tagListSchema, tagsOf } from '../account/tags.ts';
import { AwsError } from '../aws-error.ts';
import { type Call, operation } from '../operation.ts';
import { parseName } from './name.ts';
import { findParameter } from './records.ts';

const resource = { ResourceType: z.string(), ResourceId: z.string().min(1) };
type Resource = { readonly ResourceType: string; readonly ResourceId: string };

const arnOf = ({ ResourceId }: Resource, { account }: Pick<Call, 'account'>): string => parameterArn(account, parseName(account, ResourceId));

/** Errors: InvalidResourceType (only Parameter is played), InvalidResourceId. */
function requireTaggable(given: Resource, call: Call): string {
  if (given.ResourceType !== 'Parameter') throw new AwsError('InvalidResourceType', 'The resource type is not valid. local-aws knows only parameters.');
  if (!findParameter(call.database, parseName(call.account, given.ResourceId)))
    throw new AwsError('InvalidResourceId', 'The resource ID is not valid. Verify that you entered the correct ID and try again.');
  return arnOf(given, call);
}

export const addTagsToResource = operation({
  input: z.strictObject({ ...resource, Tags: tagListSchema.max(1_000) }),
  resources: (given, call) => [arnOf(given, call)],
  conditions: ({ Tags }) => tagConditions(Tags),
  run(given, call) {
    if (!addTags(call.database, requireTaggable(given, call), given.Tags))
      throw new AwsError('TooManyTagsError', 'The Targets parameter includes too many tags. Remove one or more tags and try the command again.');
    return {};
  },
});

export const removeTagsFromResource = operation({
  input: z.strictObject({ ...resource, TagKeys: tagKeysSchema }),
  resources: (given, call) => [arnOf(given, call)],
  conditions: ({ TagKeys }) => tagKeyConditions(TagKeys),
  run(given, call) {
    removeTags(call.database, requireTaggable(given, call), given.TagKeys);
    return {};
  },
});

export const listTagsForResource = operation({
  input: z.strictObject(resource),
  resources: (given, call) => [arnOf(given, call)],
  run: (given, call) => ({ TagList: tagsOf(call.database, requireTaggable(given, call)) }),
});
