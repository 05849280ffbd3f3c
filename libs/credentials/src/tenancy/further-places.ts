import { z } from 'zod';
import type { AwsPlaceName } from './owned-store.ts';

/** A further AWS account or region that holds secrets of this deployment, as `RCM_STORE_PLACES` names it. */
export interface FurtherPlace extends AwsPlaceName {
  /** The role to assume there once per tenant. Default: the one of the same name, in this account. */
  readonly roleArn?: string | undefined;
  /** The customer key there. Default: the deployment's own, which then is an alias that the place has, too. */
  readonly kmsKeyId?: string | undefined;
  /** Only where AWS is not at its usual address. */
  readonly endpoint?: string | undefined;
  /** The same of its second region, where copies lie. */
  readonly replicaKmsKeyId?: string | undefined;
  readonly replicaEndpoint?: string | undefined;
}

/** More are a mistake: each is asked for room, and each has clients of each tenant. */
const MOST_PLACES = 200;

const key = z.string().min(1).max(2048).optional();
const url = z.url('must be a URL').optional();
const place = z
  .strictObject({
    account: z.string().regex(/^[0-9]{12}$/, 'must be twelve digits'),
    region: z.string().regex(/^[a-z0-9-]{4,40}$/, 'must be an AWS region such as us-east-1'),
    role_arn: z
      .string()
      .regex(/^arn:aws(-[a-z]+)*:iam::[0-9]{12}:role\/[\w+=,.@/-]{1,512}$/, 'must be the ARN of an IAM role')
      .optional(),
    ...{ kms_key_id: key, endpoint: url, replica_kms_key_id: key, replica_endpoint: url },
  })
  .superRefine(({ account, role_arn: role }, problems) => {
    if (role !== undefined && role.split(':')[4] !== account)
      problems.addIssue({ code: 'custom', path: ['role_arn'], message: 'is a role of another account' });
  });
const places = z.array(place).max(MOST_PLACES);

/** Reads `[{"account": "…", "region": "…"}, …]`; problems are told by their place in it. Nothing in it is secret. */
export function readFurtherPlaces(text: string, context: z.RefinementCtx): readonly FurtherPlace[] {
  const parsed = places.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data.map(furtherPlace);
  for (const { path, message } of parsed.error.issues)
    context.addIssue({ code: 'custom', message: path.length === 0 ? `is not a list of places: ${message}` : `${path.join('.')}: ${message}` });
  return z.NEVER;
}

const furtherPlace = (given: z.infer<typeof place>): FurtherPlace => ({
  accountId: given.account,
  region: given.region,
  roleArn: given.role_arn,
  kmsKeyId: given.kms_key_id,
  endpoint: given.endpoint,
  replicaKmsKeyId: given.replica_kms_key_id,
  replicaEndpoint: given.replica_endpoint,
});

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
