import { type Clock, type Metrics, RcmError } from '@rcm/telemetry';
import type { AwsAccess } from '../stores/aws-client.ts';
import { createSecretsManagerStore } from '../stores/secrets-manager.ts';
import type { SsmTier } from '../stores/size-policy.ts';
import { createSsmStore } from '../stores/ssm.ts';
import type { ClosableSecretStore } from '../stores/store.ts';
import { createTenantSessions } from './tenant-sessions.ts';

/** How a deployment reaches AWS; it is there where `region` is given, and `kmsKeyId` with it. */
export interface TenantAwsOptions extends Omit<AwsAccess, 'region'> {
  readonly region?: string | undefined;
  /** ARN, id or alias of the customer key that encrypts every secret. */
  readonly kmsKeyId?: string | undefined;
  /** The role to assume once per tenant. Exactly one of this and `dedicatedOrgId` is given. */
  readonly roleArn?: string | undefined;
  /** Largest SSM tier that may be used. Default `Standard`. */
  readonly largestTier?: SsmTier | undefined;
  /** Counts tenant sessions. Default: nothing is counted. */
  readonly metrics?: Metrics | undefined;
}

/** What is the same for all stores of a deployment. */
export interface Shared {
  readonly environment: string;
  readonly dedicatedOrgId: string | undefined;
  readonly deadlineMs?: number;
  readonly clock?: Clock;
}

export interface AwsBackends {
  readonly region: string;
  /** The AWS account of the tenant role; `null` in a dedicated deployment, where IAM alone decides. */
  readonly accountId: string | null;
  open(orgId: string): { readonly ssm: ClosableSecretStore; readonly 'secrets-manager': ClosableSecretStore };
  close(): void;
}

/** `null` where the deployment has no AWS. Fails with `config_invalid`. */
export function createAwsBackends(options: TenantAwsOptions, { environment, dedicatedOrgId, ...timing }: Shared): AwsBackends | null {
  const { region, kmsKeyId, roleArn, largestTier, metrics, ...access } = options;
  if (region === undefined) return null;
  if (kmsKeyId === undefined) throw new RcmError('config_invalid', 'Secrets in AWS need the customer key that encrypts them (RCM_KMS_KEY_ID).');
  if ((roleArn === undefined) === (dedicatedOrgId === undefined)) {
    throw new RcmError(
      'config_invalid',
      'Secrets need either a tenant role (RCM_TENANT_ROLE_ARN) or, in a dedicated deployment, the one organization it serves (RCM_DEDICATED_ORG_ID).',
    );
  }
  const aws: AwsAccess = { ...access, region };
  const clock = timing.clock ? { clock: timing.clock } : {};
  const sessions = roleArn === undefined ? null : createTenantSessions({ ...aws, environment, roleArn, metrics, ...clock });
  return {
    region,
    accountId: roleArn?.split(':')[4] ?? null,
    open(orgId) {
      const asTenant: AwsAccess = sessions ? { ...aws, credentials: () => sessions.get(orgId) } : aws;
      return {
        ssm: createSsmStore({ ...asTenant, ...timing, kmsKeyId, ...(largestTier ? { largestTier } : {}) }),
        'secrets-manager': createSecretsManagerStore({ ...asTenant, ...timing, kmsKeyId }),
      };
    },
    close: () => sessions?.close(),
  };
}
