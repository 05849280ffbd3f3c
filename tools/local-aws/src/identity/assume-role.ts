import { z } from 'zod';
import { roleArn, sessionArn } from '../account/arns.ts';
import type { Role } from '../account/roles.ts';
import { tagConditions } from '../account/tag-conditions.ts';
import { MAX_TAGS, tagListSchema, type Tag } from '../account/tags.ts';
import { AwsError } from '../aws-error.ts';
import { type Call, operation } from '../operation.ts';
import { roleId } from './authenticate.ts';
import type { Conditions } from './authorize.ts';
import { issueSession } from './issue-session.ts';

const DEFAULT_SECONDS = 3_600;
/** A session that assumes a role ("role chaining") gets an hour at most. */
const MAX_CHAINED_SECONDS = 3_600;

const validation = (message: string): AwsError => new AwsError('ValidationError', message);

/** The query protocol writes a list with nothing in it as an empty text ("AWS query protocol", Smithy). */
const listOf = <List extends z.ZodType>(list: List) => z.preprocess((given) => (given === '' ? [] : given), list);

/** AssumeRole with session tags. Query protocol: numbers arrive as text. */
export const assumeRole = operation({
  input: z.strictObject({
    RoleArn: z.string().min(20).max(2_048),
    RoleSessionName: z
      .string()
      .min(2)
      .max(64)
      .regex(/^[\w+=,.@-]*$/),
    DurationSeconds: z.coerce.number().int().min(900).max(43_200).optional(),
    Tags: listOf(tagListSchema.max(MAX_TAGS)).optional(),
    TransitiveTagKeys: listOf(z.array(z.string().min(1).max(128)).max(MAX_TAGS)).optional(),
  }),
  resources: ({ RoleArn }) => [RoleArn],
  conditions: (given) => sessionConditions(given),
  // A call that brings tags needs both actions: "Permissions required to add session tags", IAM User Guide.
  also: (given) => (given.Tags?.length ? [{ action: 'sts:TagSession', resources: [given.RoleArn], conditions: sessionConditions(given) }] : []),
  run({ RoleArn, RoleSessionName, DurationSeconds = DEFAULT_SECONDS, Tags = [], TransitiveTagKeys = [] }, call) {
    const role = requireRole(call, RoleArn);
    requireDuration(call, role, DurationSeconds);
    const tags = sessionTags(call, Tags, TransitiveTagKeys);
    const expiresAt = call.now.getTime() + DurationSeconds * 1000;
    const key = issueSession(call.root, { role: role.name, sessionName: RoleSessionName, ...tags, expiresAt });
    return {
      Credentials: { AccessKeyId: key.accessKeyId, SecretAccessKey: key.secretAccessKey, SessionToken: key.sessionToken, Expiration: key.expiration },
      AssumedRoleUser: { AssumedRoleId: `${roleId(call.root, role.name)}:${RoleSessionName}`, Arn: sessionArn(call.account, role.name, RoleSessionName) },
      PackedPolicySize: 1,
    };
  },
});

interface AskedFor {
  readonly RoleSessionName: string;
  readonly Tags?: readonly Tag[] | undefined;
  readonly TransitiveTagKeys?: readonly string[] | undefined;
}

const sessionConditions = ({ RoleSessionName, Tags, TransitiveTagKeys = [] }: AskedFor): Conditions => ({
  'sts:RoleSessionName': RoleSessionName,
  ...tagConditions(Tags),
  ...(TransitiveTagKeys.length === 0 ? {} : { 'sts:TransitiveTagKeys': TransitiveTagKeys }),
});

/** A role that does not exist is refused like one that does not trust the caller, so that nobody can probe for names. */
function requireRole({ principal, account, roles }: Call, arn: string): Role {
  const role = [...roles.values()].find((each) => roleArn(account, each.name) === arn);
  if (!role) throw new AwsError('AccessDenied', `User: ${principal.arn} is not authorized to perform: sts:AssumeRole on resource: ${arn}`, 403);
  return role;
}

function requireDuration({ principal }: Call, role: Role, seconds: number): void {
  if (seconds > role.maxSessionSeconds) throw validation('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.');
  if (principal.kind === 'session' && seconds > MAX_CHAINED_SECONDS)
    throw validation('The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.');
}

/** "Pass session tags in AWS STS", IAM User Guide: keys are unique whatever their case; transitive tags of the caller go on and cannot be set anew. */
function sessionTags({ principal }: Call, given: readonly Tag[], transitive: readonly string[]): { tags: Record<string, string>; transitiveTagKeys: string[] } {
  const inherited = principal.kind === 'session' ? principal.transitiveTagKeys : [];
  const inheritedTags = principal.kind === 'session' ? Object.entries(principal.tags).filter(([key]) => inherited.includes(key)) : [];
  const lower = given.map((tag) => tag.Key.toLowerCase());
  if (new Set(lower).size !== lower.length)
    throw new AwsError('InvalidParameterValue', 'Duplicate tag keys found. Please note that Tag keys are case insensitive.');
  if (inherited.some((key) => lower.includes(key.toLowerCase())))
    throw new AwsError(
      'InvalidParameterValue',
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    );
  if (transitive.some((key) => !lower.includes(key.toLowerCase())))
    throw new AwsError('InvalidParameterValue', 'The specified transitive tag key must be included in the requested tags.');
  return {
    tags: Object.fromEntries([...inheritedTags, ...given.map(({ Key, Value }) => [Key, Value] as const)]),
    transitiveTagKeys: [...inherited, ...transitive],
  };
}
