import { z } from 'zod';
import { parameterArn } from '../account/arns.ts';
import { tagConditions } from '../account/tag-conditions.ts';
import { addTags, tagListSchema } from '../account/tags.ts';
import { AwsError, validationError } from '../aws-error.ts';
import { type Call, operation } from '../operation.ts';
import { DEFAULT_KEY, storeParameterValue } from './encryption.ts';
import { parseName, requireCreatableName } from './name.ts';
import { countByTier, findParameter, findVersion, labelsOf, type ParameterRecord } from './records.ts';
import { decideTier } from './tier.ts';
import { requireAllowedPattern, requireStorableValue } from './value-rules.ts';

/** Versions kept of one parameter. */
const MAX_VERSIONS = 100;

const input = z.strictObject({
  Name: z.string().min(1).max(2_048),
  Value: z.string(),
  Description: z.string().max(1_024).optional(),
  Type: z.enum(['String', 'StringList', 'SecureString']).optional(),
  KeyId: z
    .string()
    .min(1)
    .max(256)
    .regex(/^([a-zA-Z0-9:/_-]+)$/)
    .optional(),
  Overwrite: z.boolean().optional(),
  AllowedPattern: z.string().max(1_024).optional(),
  Tags: tagListSchema.max(1_000).optional(),
  Tier: z.enum(['Standard', 'Advanced', 'Intelligent-Tiering']).optional(),
  DataType: z.enum(['text']).optional(),
});
type Input = z.output<typeof input>;

/** PutParameter: creates, or with Overwrite adds a version. */
export const putParameter = operation({
  input,
  resources: ({ Name }, { account }) => [parameterArn(account, parseName(account, Name))],
  conditions: ({ Overwrite = false, Tags }) => ({ 'ssm:Overwrite': String(Overwrite), ...tagConditions(Tags) }),
  also: ({ Name, Tags }, { account }) =>
    Tags?.length ? [{ action: 'ssm:AddTagsToResource', resources: [parameterArn(account, parseName(account, Name))], conditions: tagConditions(Tags) }] : [],
  run(given, call) {
    const name = parseName(call.account, given.Name);
    const present = findParameter(call.database, name);
    requireConsistent(given, present);
    if (!present) requireCreatableName(call.account, name);
    const type = given.Type ?? present?.type ?? 'String';
    if (given.KeyId !== undefined && type !== 'SecureString') throw validationError('KeyId is required for SecureString type parameter only.');
    requireStorableValue(given.Value);
    // A pattern stays with its parameter: an overwrite that names none has to satisfy the one that is there (the walkthrough named in value-rules.ts).
    const pattern = given.AllowedPattern ?? (present && findVersion(call.database, name, present.version)?.allowed_pattern) ?? null;
    if (pattern) requireAllowedPattern(pattern, given.Value);
    const tier = decideTier({
      asked: given.Tier,
      present: present?.tier ?? null,
      valueBytes: Buffer.byteLength(given.Value),
      count: countByTier(call.database),
      most: call.parameterLimits,
    });
    const keyReference = type === 'SecureString' ? (given.KeyId ?? DEFAULT_KEY) : null;
    const valueId = storeParameterValue(call, { name, value: given.Value, tier, keyReference });
    const version = (present?.version ?? 0) + 1;
    call.database.run(
      `INSERT INTO parameter(name, type, tier, version) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET tier = excluded.tier, version = excluded.version`,
      ...[name, type, tier, version],
    );
    call.database.run(
      `INSERT INTO parameter_version(name, version, value_id, tier, key_id, description, allowed_pattern, modified_at, modified_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[name, version, valueId, tier, keyReference, given.Description ?? null, pattern || null, call.now.getTime(), call.principal.arn],
    );
    dropOldest(call, name, version);
    if (given.Tags && !addTags(call.database, parameterArn(call.account, name), given.Tags)) throw validationError('A parameter can have at most 50 tags.');
    return { Version: version, Tier: tier };
  },
});

function requireConsistent(given: Input, present: ParameterRecord | null): void {
  if (given.Overwrite && given.Tags && given.Tags.length > 0) {
    throw validationError(
      "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
    );
  }
  if (present && !given.Overwrite) {
    throw new AwsError('ParameterAlreadyExists', 'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.');
  }
  if (!present && given.Type === undefined) throw validationError('A parameter type is required when you create a parameter.');
  if (present && given.Type !== undefined && given.Type !== present.type) {
    throw new AwsError(
      'HierarchyTypeMismatchException',
      `The parameter type can't be changed from ${present.type} to ${given.Type}. Create a new, unique parameter.`,
    );
  }
}

/** Version 101 pushes out version 1, unless a label holds on to it. */
function dropOldest(call: Call, name: string, newest: number): void {
  const oldest = newest - MAX_VERSIONS;
  if (oldest < 1) return;
  if (labelsOf(call.database, name, oldest).length > 0) {
    throw new AwsError(
      'ParameterMaxVersionLimitExceeded',
      `You attempted to create a new version of ${name} by calling the PutParameter API with the overwrite flag. Version ${oldest}, the oldest version, can't be deleted because it has a label associated with it. Move the label to another version of the parameter, and try again.`,
    );
  }
  call.database.run('DELETE FROM parameter_version WHERE name = ? AND version = ?', name, oldest);
}
