import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { type Clock, RcmError, systemClock, withDeadline } from '@rcm/telemetry';
import { LRUCache } from 'lru-cache';
import { type AwsAccess, type AwsCredentials, CALL_DEADLINE_MS, clientOptions } from '../stores/aws-client.ts';
import { translateAwsError } from '../stores/aws-error.ts';

export interface TenantSessionOptions extends AwsAccess {
  readonly environment: string;
  /** The role that every tenant's session assumes; its policies match on the session tags `env` and `tenant_id`. */
  readonly roleArn: string;
  /** Sessions kept. Default 1000; the one longest unused goes first. */
  readonly maxSessions?: number;
  /** Lifetime asked for, in seconds. Default 3600, all that role chaining allows. */
  readonly durationSeconds?: number;
  readonly clock?: Clock;
}

export interface TenantSession extends AwsCredentials {
  readonly expiration: Date;
}

/** AWS credentials that can reach one tenant's secrets and no other's. */
export interface TenantSessions {
  /** Fails with `store_denied`, `store_throttled`, `store_unavailable`, `deadline_exceeded`. */
  get(orgId: string): Promise<TenantSession>;
  close(): void;
}

/** A session is renewed this long before it ends, so that no call under way outlives it. */
const RENEW_EARLY_MS = 5 * 60_000;
/** STS allows 64 characters in a session name. */
const NAME_LENGTH = 64;

export function createTenantSessions({
  environment,
  roleArn,
  maxSessions = 1000,
  durationSeconds = 3600,
  clock = systemClock,
  ...access
}: TenantSessionOptions): TenantSessions {
  const client = new STSClient(clientOptions(access));
  const sessions = new LRUCache<string, TenantSession>({ max: maxSessions });
  const underWay = new Map<string, Promise<TenantSession>>();

  const assume = (orgId: string): Promise<TenantSession> =>
    withDeadline({ ms: CALL_DEADLINE_MS, what: 'Assuming the tenant role' }, async (abortSignal) => {
      const { Credentials } = await client.send(
        new AssumeRoleCommand({
          RoleArn: roleArn,
          RoleSessionName: `rcm-${orgId}`.slice(0, NAME_LENGTH),
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
    });

  return {
    get(orgId) {
      const known = sessions.get(orgId);
      if (known && known.expiration.getTime() - RENEW_EARLY_MS > clock.now().getTime()) return Promise.resolve(known);
      const running = underWay.get(orgId);
      if (running) return running;
      const renewal = assume(orgId)
        .then((session) => {
          sessions.set(orgId, session);
          return session;
        })
        .finally(() => underWay.delete(orgId));
      underWay.set(orgId, renewal);
      return renewal;
    },
    close: () => client.destroy(),
  };
}
