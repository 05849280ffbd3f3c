import { idSchema, Secret } from '@rcm/telemetry';
import { z } from 'zod';

/**
 * What an app's configuration needs to reach its secrets; spread into the app's own schema. AWS credentials of the process are
 * not here: they come from the SDK's default chain.
 */
export const credentialsEnvironment = {
  /** First path segment of every secret, and session tag `env`. */
  RCM_ENVIRONMENT: idSchema,
  RCM_AWS_REGION: z.string().regex(/^[a-z0-9-]{4,40}$/, 'must be an AWS region such as us-east-1'),
  /** Only where AWS is not at its usual address (local-aws, LocalStack, a VPC endpoint). */
  RCM_AWS_ENDPOINT: z.url('must be a URL').optional(),
  RCM_AWS_ACCOUNT_ID: z.string().regex(/^[0-9]{12}$/, 'must be twelve digits'),
  /** ARN, id or alias of the customer key that encrypts every secret. */
  RCM_KMS_KEY_ID: z.string().min(1).max(2048),
  /** The role assumed once per tenant. Unset only in a dedicated deployment, which names its one tenant instead. */
  RCM_TENANT_ROLE_ARN: z
    .string()
    .regex(/^arn:aws(-[a-z]+)*:iam::[0-9]{12}:role\/[\w+=,.@/-]{1,512}$/, 'must be the ARN of an IAM role')
    .optional(),
  /** Dedicated deployment: the one organization that the process's own credentials may serve. */
  RCM_DEDICATED_ORG_ID: idSchema.optional(),
  /** Keys login identities and payload fingerprints; at least 32 characters. Normally given as RCM_IDENTITY_KEY_FILE. */
  RCM_IDENTITY_KEY: z
    .string()
    .min(32, 'must be at least 32 characters')
    .transform((text) => new Secret(text)),
} as const;
