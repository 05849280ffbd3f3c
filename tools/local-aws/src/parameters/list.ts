import { z } from 'zod';
import { parameterArn } from '../account/arns.ts';
import { cutPage, pageStart } from '../account/paging.ts';
import { AwsError, validationError } from '../aws-error.ts';
import { type Call, operation } from '../operation.ts';
import { parameterValue } from './encryption.ts';
import { filterSchema, isBelow, labelledVersion, passes, requireFilters } from './filters.ts';
import { describeValue } from './get.ts';
import { parseName } from './name.ts';
import { currentByPrefix, labelsOf, requireParameter, versionsAfter, type VersionRecord } from './records.ts';

const BY_PATH_KEYS = new Set(['Type', 'KeyId', 'Label']);
const BY_PATH_OPTIONS = new Set(['Equals', 'BeginsWith']);
const DESCRIBE_KEYS = new Set(['Name', 'Path', 'Type', 'KeyId', 'Tier', 'Label', 'DataType', 'tag']);

/** GetParametersByPath: values below a path, authorised on the path alone, as it was asked: `/a` is no resource of `/a/*`, `/a/` is. */
export const getParametersByPath = operation({
  input: z.strictObject({
    Path: z.string().min(1).max(2_048),
    Recursive: z.boolean().optional(),
    ParameterFilters: z.array(filterSchema).optional(),
    WithDecryption: z.boolean().optional(),
    MaxResults: z.number().int().min(1).max(10).optional(),
    NextToken: z.string().optional(),
  }),
  resources: ({ Path }, { account }) => [parameterArn(account, Path)],
  conditions: ({ Recursive = false }) => ({ 'ssm:Recursive': String(Recursive) }),
  run({ MaxResults = 10, NextToken, ...question }, call) {
    const { Path, Recursive = false, ParameterFilters = [], WithDecryption = false } = question;
    if (!Path.startsWith('/')) throw validationError('The parameter path must begin with a slash "/". It can consist of sub-paths divided by slash symbols.');
    requireFilters(ParameterFilters, BY_PATH_KEYS, BY_PATH_OPTIONS);
    const page = { question, limit: MaxResults, token: NextToken, refusal: invalidToken };
    const below = currentByPrefix(call.database, Path, pageStart(call, page));
    const candidates = below.filter((record) => isBelow(record.name, Path, Recursive) && passes(call, record, ParameterFilters));
    const { items, next } = cutPage(call, page, candidates, (record) => record.name);
    const values = items.map((record) => describeValue(call, labelledVersion(call, record, ParameterFilters), { decrypt: WithDecryption, selector: null }));
    return { Parameters: values, ...next };
  },
});

/** DescribeParameters: everything about parameters but their values. */
export const describeParameters = operation({
  input: z.strictObject({
    ParameterFilters: z.array(filterSchema).optional(),
    MaxResults: z.number().int().min(1).max(50).optional(),
    NextToken: z.string().optional(),
  }),
  run({ MaxResults = 50, NextToken, ...question }, call) {
    const { ParameterFilters = [] } = question;
    requireFilters(ParameterFilters, DESCRIBE_KEYS);
    const page = { question, limit: MaxResults, token: NextToken, refusal: invalidToken };
    const candidates = currentByPrefix(call.database, '', pageStart(call, page)).filter((record) => passes(call, record, ParameterFilters));
    const { items, next } = cutPage(call, page, candidates, (record) => record.name);
    return { Parameters: items.map((record) => ({ ...metadata(record), ARN: parameterArn(call.account, record.name) })), ...next };
  },
});

/** GetParameterHistory: the versions that are left, oldest first. */
export const getParameterHistory = operation({
  input: z.strictObject({
    Name: z.string().min(1).max(2_048),
    WithDecryption: z.boolean().optional(),
    MaxResults: z.number().int().min(1).max(50).optional(),
    NextToken: z.string().optional(),
  }),
  resources: ({ Name }, { account }) => [parameterArn(account, parseName(account, Name))],
  run({ MaxResults = 50, NextToken, ...question }, call) {
    const name = parseName(call.account, question.Name);
    requireParameter(call.database, name);
    const page = { question, limit: MaxResults, token: NextToken, refusal: invalidToken };
    const candidates = versionsAfter(call.database, name, Number(pageStart(call, page) || 0), MaxResults + 1);
    const { items, next } = cutPage(call, page, candidates, (record) => String(record.version));
    return { Parameters: items.map((record) => historyEntry(call, record, question.WithDecryption ?? false)), ...next };
  },
});

const invalidToken = (): AwsError => new AwsError('InvalidNextToken', 'The specified token is not valid.');

const historyEntry = (call: Call, record: VersionRecord, decrypt: boolean) => ({
  ...metadata(record),
  Value: parameterValue(call, record, { decrypt }),
  Labels: labelsOf(call.database, record.name, record.version),
});

const metadata = (record: VersionRecord) => ({
  Name: record.name,
  Type: record.type,
  ...(record.key_id === null ? {} : { KeyId: record.key_id }),
  LastModifiedDate: new Date(record.modified_at),
  LastModifiedUser: record.modified_by,
  ...(record.description === null ? {} : { Description: record.description }),
  ...(record.allowed_pattern === null ? {} : { AllowedPattern: record.allowed_pattern }),
  Version: record.version,
  Tier: record.tier,
  Policies: [],
  DataType: 'text',
});
