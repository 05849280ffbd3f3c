import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { type Clock, isRetryable, type Metrics, RcmError, systemClock, withDeadline } from '@rcm/telemetry';
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
  /** Default: nothing is counted. */
  readonly metrics?: Metrics | undefined;
}

export interface TenantSession extends AwsCredentials {
  readonly expiration: Date;
}

interface Held {
  readonly session: TenantSession;
  /** When to ask for the next one, in ms. */
  notBefore: number;
}

/** AWS credentials that can reach one tenant's secrets and no other's. */
export interface TenantSessions {
  /**
   * A session that is due is renewed behind its users' backs, and used to its end where STS is not to be reached. Fails with
   * `store_denied`, `store_throttled`, `store_unavailable`, `deadline_exceeded`.
   */
  get(orgId: string): Promise<TenantSession>;
  close(): void;
}

/** A session is renewed this long before it ends. */
const RENEW_EARLY_MS = 5 * 60_000;
/**
 * With less than this left, a call under way could outlive it, so callers wait for the new one. Before, nobody does: an STS that hangs
 * takes as long to give up on as the call that asks for the session.
 */
const WAIT_FOR_NEW_MS = 2 * CALL_DEADLINE_MS;
/** After a renewal that nobody waited for has failed, the next begins this much later. */
const RETRY_MS = 10_000;
/** STS allows 64 characters in a session name. */
const NAME_LENGTH = 64;

export function createTenantSessions({
  environment,
  roleArn,
  maxSessions = 1000,
  durationSeconds = 3600,
  clock = systemClock,
  metrics,
  ...access
}: TenantSessionOptions): TenantSessions {
  const client = new STSClient(clientOptions(access));
  const sessions = new LRUCache<string, Held>({ max: maxSessions });
  const underWay = new Map<string, Promise<TenantSession>>();
  const count = metrics && sessionMetrics(metrics, access.region);

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

  const renew = (orgId: string): Promise<TenantSession> => {
    const running = underWay.get(orgId);
    if (running) return running;
    const renewal = assume(orgId)
      .then((session) => {
        sessions.set(orgId, { session, notBefore: session.expiration.getTime() - RENEW_EARLY_MS });
        count?.('assumed', sessions.size);
        return session;
      })
      .catch((error: unknown) => {
        const held = sessions.peek(orgId);
        const goesOn = held !== undefined && timeLeft(held.session) > 0 && isRetryable(error);
        count?.(goesOn ? 'kept' : 'failed', sessions.size);
        if (held) held.notBefore = clock.now().getTime() + RETRY_MS;
        if (goesOn) return held.session;
        throw error;
      })
      .finally(() => underWay.delete(orgId));
    underWay.set(orgId, renewal);
    return renewal;
  };
  const timeLeft = ({ expiration }: TenantSession): number => expiration.getTime() - clock.now().getTime();

  return {
    get(orgId) {
      const held = sessions.get(orgId);
      if (!held || timeLeft(held.session) <= WAIT_FOR_NEW_MS) return renew(orgId);
      // Counted where it fails; whoever comes when there is little left is told.
      if (clock.now().getTime() >= held.notBefore) renew(orgId).catch(() => undefined);
      return Promise.resolve(held.session);
    },
    close: () => client.destroy(),
  };
}

/** How each asking of STS ended: `assumed`; `kept` (not reached, the session that was due for renewal goes on); `failed`. */
function sessionMetrics(metrics: Metrics, region: string): (outcome: 'assumed' | 'kept' | 'failed', held: number) => void {
  const asked = metrics.counter('rcm_tenant_sessions_total', 'Sessions asked of STS, by how it ended: assumed, kept (STS was not reached) or failed.', [
    'region',
    'outcome',
  ]);
  const held = metrics.gauge('rcm_tenant_sessions_held', 'Tenant sessions held.', ['region']);
  return (outcome, count) => {
    asked.inc({ region, outcome });
    held.set({ region }, count);
  };
}
