import { type Clock, type Metrics, RcmError } from '@rcm/telemetry';
import type { AwsAccess } from '../stores/aws-client.ts';
import { createSecretsManagerStore } from '../stores/secrets-manager.ts';
import type { SsmTier } from '../stores/size-policy.ts';
import { createSsmStore } from '../stores/ssm.ts';
import type { ClosableSecretStore } from '../stores/store.ts';
import type { FurtherPlace } from './further-places.ts';
import type { AwsPlaceName } from './owned-store.ts';
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
  /** Further accounts and regions that hold secrets. Default none. */
  readonly furtherPlaces?: readonly FurtherPlace[] | undefined;
  /** The process that asks, as its log calls it: AWS's own records of every read and write name it. */
  readonly processName?: string | undefined;
  /** Tenant sessions kept, of each place. Default 1000. */
  readonly maxSessions?: number | undefined;
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

export interface AwsBackends extends AwsPlaceName {
  open(orgId: string, store: AwsStore): ClosableSecretStore;
  close(): void;
}

type AwsStore = 'ssm' | 'secrets-manager';

/** One for each place, the deployment's own first; none where it has no AWS. Fails with `config_invalid`. */
export function createAwsBackends({ furtherPlaces = [], ...own }: TenantAwsOptions, shared: Shared): readonly AwsBackends[] {
  const { region } = own;
  if (region === undefined) return [];
  const first = createPlace({ ...own, region }, shared);
  return [first, ...furtherPlaces.map((place) => createPlace(optionsOf(place, own, { region, accountId: first.accountId }), shared))];
}

/** An address is of one region, and what comes off another account's quotas is not counted among the first one's. */
function optionsOf(place: FurtherPlace, own: TenantAwsOptions, first: AwsPlaceName): TenantAwsOptions & { readonly region: string } {
  const { accountId, region, endpoint, kmsKeyId = own.kmsKeyId } = place;
  const name = `${accountId}/${region}`;
  if (accountId === first.accountId && region === first.region)
    throw new RcmError('config_invalid', `RCM_STORE_PLACES names ${name}, where secrets lie already: it is for further places.`);
  if (place.kmsKeyId === undefined && own.kmsKeyId?.startsWith('arn:'))
    throw new RcmError('config_invalid', `RCM_KMS_KEY_ID is the ARN of a key elsewhere; RCM_STORE_PLACES names no key of ${name} (kms_key_id).`);
  if (own.roleArn === undefined && accountId !== first.accountId)
    throw new RcmError(
      'config_invalid',
      `RCM_STORE_PLACES names ${name}: a deployment for one organization assumes no role, and reaches its own account alone.`,
    );
  const roleArn = own.roleArn === undefined ? undefined : (place.roleArn ?? inAccount(own.roleArn, accountId));
  return { ...own, onAttempt: undefined, region, accountId, endpoint, kmsKeyId, roleArn };
}

const inAccount = (roleArn: string, accountId: string): string => roleArn.replace(/:[0-9]{12}:/, `:${accountId}:`);

function createPlace(options: TenantAwsOptions & { readonly region: string }, { environment, dedicatedOrgId, ...timing }: Shared): AwsBackends {
  const { region, kmsKeyId, roleArn, accountId: configured, largestTier, metrics, processName, maxSessions, ...access } = options;
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
  const kept = maxSessions === undefined ? {} : { maxSessions };
  const sessions = roleArn === undefined ? null : createTenantSessions({ ...aws, environment, roleArn, processName, metrics, ...kept, ...clock });
  return {
    region,
    accountId,
    open(orgId, store) {
      const asTenant: AwsAccess = sessions ? { ...aws, credentials: sessions.of(orgId) } : aws;
      if (store === 'secrets-manager') return createSecretsManagerStore({ ...asTenant, ...timing, kmsKeyId });
      return createSsmStore({ ...asTenant, ...timing, kmsKeyId, probe, ...(largestTier ? { largestTier } : {}) });
    },
    close: () => sessions?.close(),
  };
}
