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
  /** The AWS account that the secrets lie in, 12 digits; the tenant role's, where there is one. */
  readonly accountId?: string | undefined;
  /** Largest SSM tier that may be used. Default `Standard`. */
  readonly largestTier?: SsmTier | undefined;
  /** The process that asks, as its log calls it: AWS's own records of every read and write name it. */
  readonly processName?: string | undefined;
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
  readonly accountId: string;
  open(orgId: string): { readonly ssm: ClosableSecretStore; readonly 'secrets-manager': ClosableSecretStore };
  close(): void;
}

/** `null` where the deployment has no AWS. Fails with `config_invalid`. */
export function createAwsBackends(options: TenantAwsOptions, { environment, dedicatedOrgId, ...timing }: Shared): AwsBackends | null {
  const { region, kmsKeyId, roleArn, accountId: configured, largestTier, metrics, processName, ...access } = options;
  if (region === undefined) return null;
  if (kmsKeyId === undefined) throw new RcmError('config_invalid', 'Secrets in AWS need the customer key that encrypts them (RCM_KMS_KEY_ID).');
  if ((roleArn === undefined) === (dedicatedOrgId === undefined)) {
    throw new RcmError(
      'config_invalid',
      'Secrets need either a tenant role (RCM_TENANT_ROLE_ARN) or, in a dedicated deployment, the one organization it serves (RCM_DEDICATED_ORG_ID).',
    );
  }
  const accountId = roleArn?.split(':')[4] ?? configured;
  // A store reads by path: without the account, another one's reference would be answered with what lies under the path in ours.
  if (accountId === undefined) throw new RcmError('config_invalid', 'Secrets in AWS need the account that they lie in (RCM_AWS_ACCOUNT_ID).');
  const aws: AwsAccess = { ...access, region };
  const clock = timing.clock ? { clock: timing.clock } : {};
  // One backend, whoever asks: what one tenant's rehearsal found out holds for all.
  const probe = { isHeeded: true };
  const sessions = roleArn === undefined ? null : createTenantSessions({ ...aws, environment, roleArn, processName, metrics, ...clock });
  return {
    region,
    accountId,
    open(orgId) {
      const asTenant: AwsAccess = sessions ? { ...aws, credentials: sessions.of(orgId) } : aws;
      return {
        ssm: createSsmStore({ ...asTenant, ...timing, kmsKeyId, probe, ...(largestTier ? { largestTier } : {}) }),
        'secrets-manager': createSecretsManagerStore({ ...asTenant, ...timing, kmsKeyId }),
      };
    },
    close: () => sessions?.close(),
  };
}
