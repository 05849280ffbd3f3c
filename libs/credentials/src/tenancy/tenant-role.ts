import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { RcmError, withDeadline } from '@rcm/telemetry';
import { type AwsAccess, type AwsCredentials, CALL_DEADLINE_MS, clientOptions, telling } from '../stores/aws-client.ts';
import { translateAwsError } from '../stores/aws-error.ts';
import { sessionName } from './session-name.ts';

export interface TenantRoleOptions extends AwsAccess {
  readonly environment: string;
  /** The role that every tenant's session assumes; its policies match on the session tags `env` and `tenant_id`. */
  readonly roleArn: string;
  /** The process that asks, as its log calls it; AWS's own records name it. Default: the organization. */
  readonly processName?: string | undefined;
  /** Lifetime asked for, in seconds. Default 3600, all that role chaining allows. */
  readonly durationSeconds?: number;
}

export interface TenantSession extends AwsCredentials {
  readonly expiration: Date;
}

/** The role of all tenants, as STS lends it for one of them at a time. */
export interface TenantRole {
  /** Asks STS. Fails with `store_denied`, `store_throttled`, `store_unavailable`, `deadline_exceeded`. */
  assume(orgId: string): Promise<TenantSession>;
  close(): void;
}

export function createTenantRole({ environment, roleArn, processName, durationSeconds = 3600, ...access }: TenantRoleOptions): TenantRole {
  const client = telling(new STSClient(clientOptions(access)), access);
  return {
    assume: (orgId) =>
      withDeadline({ ms: CALL_DEADLINE_MS, what: 'Assuming the tenant role' }, async (abortSignal) => {
        const { Credentials } = await client.send(
          new AssumeRoleCommand({
            RoleArn: roleArn,
            RoleSessionName: sessionName(processName, orgId),
            DurationSeconds: durationSeconds,
            Tags: [
              { Key: 'env', Value: environment },
              { Key: 'tenant_id', Value: orgId },
            ],
          }),
          { abortSignal },
        );
        const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials ?? {};
        if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Expiration) throw new RcmError('store_unavailable', 'STS answered without credentials.');
        return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken, expiration: Expiration };
      }).catch((error: unknown) => {
        throw translateAwsError(error, 'Assuming the tenant role');
      }),
    close: () => client.destroy(),
  };
}
