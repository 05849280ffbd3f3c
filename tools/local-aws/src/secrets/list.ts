import { z } from 'zod';
import { cutPage, pageStart } from '../account/paging.ts';
import { tagsOf } from '../account/tags.ts';
import { AwsError } from '../aws-error.ts';
import { type Call, operation } from '../operation.ts';
import { secretIdSchema } from './identifier.ts';
import { allSecrets, requireSecret, secretResource } from './records.ts';
import type { SecretRecord } from './secret-record.ts';
import { primaryRegionOf, statusAnswer } from './replicas.ts';
import { stagesOf } from './stages.ts';

const filter = z.strictObject({ Key: z.enum(['name', 'description', 'tag-key', 'tag-value', 'all']), Values: z.array(z.string().max(512)).min(1).max(10) });
type Filter = z.output<typeof filter>;
const paging = { MaxResults: z.number().int().min(1).max(100).optional(), NextToken: z.string().optional() };
const DEFAULT_PAGE = 100;

/** DescribeSecret: everything but the value; works on a secret that is scheduled for deletion. */
export const describeSecret = operation({
  input: z.strictObject({ SecretId: secretIdSchema }),
  resources: secretResource,
  run({ SecretId }, call) {
    const secret = requireSecret(call, SecretId);
    return { ...metadata(call, secret), VersionIdsToStages: versionsToStages(call, secret.arn) };
  },
});

/** ListSecrets: by name; scheduled deletions only where asked for. */
export const listSecrets = operation({
  input: z.strictObject({
    ...paging,
    Filters: z.array(filter).max(10).optional(),
    SortOrder: z.enum(['asc']).optional(),
    IncludePlannedDeletion: z.boolean().optional(),
  }),
  run({ MaxResults = DEFAULT_PAGE, NextToken, ...question }, call) {
    const { Filters = [], IncludePlannedDeletion = false } = question;
    const page = { question, limit: MaxResults, token: NextToken, refusal: invalidToken };
    const candidates = allSecrets(call, pageStart(call, page)).filter(
      (secret) => (IncludePlannedDeletion || secret.deleted_at === null) && Filters.every((each) => passes(call, secret, each)),
    );
    const { items, next } = cutPage(call, page, candidates, ({ name }) => name);
    const list = items.map((secret) => ({ ...metadata(call, secret), SecretVersionsToStages: versionsToStages(call, secret.arn) }));
    return { SecretList: list, ...next };
  },
});

interface ListedVersion {
  readonly id: string;
  readonly created_at: number;
}

/** ListSecretVersionIds: versions with a stage, and those without where asked for, by id. */
export const listSecretVersionIds = operation({
  input: z.strictObject({ ...paging, SecretId: secretIdSchema, IncludeDeprecated: z.boolean().optional() }),
  resources: secretResource,
  run({ MaxResults = DEFAULT_PAGE, NextToken, ...question }, call) {
    const { arn, name } = requireSecret(call, question.SecretId);
    const page = { question, limit: MaxResults, token: NextToken, refusal: invalidToken };
    const versions = call.database
      .all<ListedVersion>('SELECT id, created_at FROM secret_version WHERE arn = ? AND id > ? ORDER BY id', arn, pageStart(call, page))
      .map((version) => ({ VersionId: version.id, VersionStages: stagesOf(call.database, arn, version.id), CreatedDate: new Date(version.created_at) }))
      .filter((version) => question.IncludeDeprecated === true || version.VersionStages.length > 0);
    const { items, next } = cutPage(call, page, versions, ({ VersionId }) => VersionId);
    return { ARN: arn, Name: name, Versions: items, ...next };
  },
});

const metadata = (call: Call, secret: SecretRecord) => ({
  ARN: secret.arn,
  Name: secret.name,
  ...(secret.description === null ? {} : { Description: secret.description }),
  ...(secret.key_id === null ? {} : { KmsKeyId: secret.key_id }),
  LastChangedDate: new Date(secret.changed_at),
  CreatedDate: new Date(secret.created_at),
  ...(secret.deleted_at === null ? {} : { DeletedDate: new Date(secret.deleted_at) }),
  Tags: tagsOf(call.database, secret.arn),
  ...replication(call, secret),
});

/** Nothing of a secret that has no replica and is none. */
function replication({ database, account }: Call, { arn }: SecretRecord): object {
  const primary = primaryRegionOf(database, arn);
  if (primary !== null) return { PrimaryRegion: primary };
  const status = statusAnswer(database, arn);
  return status.length === 0 ? {} : { PrimaryRegion: account.region, ReplicationStatus: status };
}

function versionsToStages(call: Call, arn: string): Record<string, string[]> {
  const rows = call.database.all<{ stage: string; version_id: string }>('SELECT stage, version_id FROM secret_stage WHERE arn = ? ORDER BY stage', arn);
  const byVersion: Record<string, string[]> = {};
  for (const { stage, version_id: id } of rows) (byVersion[id] ??= []).push(stage);
  return byVersion;
}

/** Any value will do; `!` before one negates it. Names, descriptions and tags match by their beginning, as ListSecrets documents. */
function passes(call: Call, secret: SecretRecord, { Key, Values }: Filter): boolean {
  const tags = tagsOf(call.database, secret.arn);
  const fields: Readonly<Record<Filter['Key'], readonly string[]>> = {
    name: [secret.name],
    description: [secret.description ?? ''],
    'tag-key': tags.map((tag) => tag.Key),
    'tag-value': tags.map((tag) => tag.Value),
    all: [secret.name, secret.description ?? '', ...tags.flatMap((tag) => [tag.Key, tag.Value])],
  };
  const has = (text: string): boolean => fields[Key].some((field) => field.toLowerCase().startsWith(text.toLowerCase()));
  return Values.some((value) => (value.startsWith('!') ? !has(value.slice(1)) : has(value)));
}

const invalidToken = (): AwsError => new AwsError('InvalidNextTokenException', 'The NextToken value is invalid.');
