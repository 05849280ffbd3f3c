import { z } from 'zod';

/** A policy document is checked by the engine, not by us. */
const document = z.record(z.string(), z.unknown());

const role = z.strictObject({
  name: z.string().regex(/^[\w+=,.@-]{1,64}$/),
  /** Tags of the role itself, which its sessions carry. */
  tags: z.record(z.string(), z.string()).optional(),
  trustPolicy: document,
  /** The policy attached to it. */
  policy: document,
});

/** Roles and a key policy to enforce, as `startLocalAws({ enforce })` and `--policies` take them. Strict: a member it does not know is refused. */
export const enforcementSchema = z.strictObject({
  /** The account's roles; there are no others. */
  roles: z.array(role).readonly(),
  /** Of the key behind `alias/rcm-credentials`. */
  keyPolicy: document,
  /** A service control policy of the account: what it denies, nobody may do. Default: none. */
  guardrail: document.optional(),
});

export type Enforcement = z.input<typeof enforcementSchema>;
export type Document = z.output<typeof document>;

/** Of every other customer key: the policy that KMS gives a key made by program, which leaves it to IAM. */
export const defaultKeyPolicy = (accountId: string): Document => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: [`arn:aws:iam::${accountId}:root`] }, Action: ['kms:*'], Resource: ['*'] }],
});

/** Of `alias/aws/ssm` and `alias/aws/secretsmanager`: whoever may use the service may use it, for any secret of the account. */
export const managedKeyPolicy = (service: string, { accountId, region }: { readonly accountId: string; readonly region: string }): Document => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: ['*'] },
      Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
      Resource: ['*'],
      Condition: { StringEquals: { 'kms:ViaService': [`${service}.${region}.amazonaws.com`], 'kms:CallerAccount': [accountId] } },
    },
    {
      Effect: 'Allow',
      Principal: { AWS: [`arn:aws:iam::${accountId}:root`] },
      Action: ['kms:Describe*', 'kms:Get*', 'kms:List*', 'kms:RevokeGrant'],
      Resource: ['*'],
    },
  ],
});

/** What stands beside a service control policy that only denies ("FullAWSAccess"): without it nothing would be allowed. */
export const fullAccess: Document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: ['*'], Resource: ['*'] }] };

/** Of the account's own user. */
export const administratorPolicy: Document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: ['*'], Resource: ['*'] }] };

/** Of the account's own user where it is no administrator. */
export const sessionsOnlyPolicy: Document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: ['sts:*'], Resource: ['*'] }] };
