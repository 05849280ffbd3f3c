import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { type Clock, hasCode, isRetryable, type Metrics, RcmError, systemClock, withDeadline } from '@rcm/telemetry';
import { LRUCache } from 'lru-cache';
import { type AwsAccess, type AwsCredentials, type AwsSession, CALL_DEADLINE_MS, clientOptions, telling } from '../stores/aws-client.ts';
import { translateAwsError } from '../stores/aws-error.ts';
import { isYoung } from '../stores/is-young.ts';
import { sessionName } from './session-name.ts';

export interface TenantSessionOptions extends AwsAccess {
  readonly environment: string;
  /** The role that every tenant's session assumes; its policies match on the session tags `env` and `tenant_id`. */
  readonly roleArn: string;
  /** The process that asks, as its log calls it; AWS's own records name it. Default: the organization. */
  readonly processName?: string | undefined;
  /** Sessions kept. Default 1000; the one longest unused goes first. */
  readonly maxSessions?: number;
  /** Lifetime asked for, in seconds. Default 3600, all that role chaining allows. */
  readonly durationSeconds?: number;
  readonly clock?: Clock;
  /** Default: nothing is counted. */
  readonly metrics?: Metrics | undefined;
}

interface TenantSession extends AwsCredentials {
  readonly expiration: Date;
}

interface Held {
  readonly session: TenantSession;
  /** When to ask for the next one, in ms. */
  notBefore: number;
  /** When STS was asked for it or, after a refusal, for another one. */
  askedAt: number;
}

/** AWS credentials that can reach one tenant's secrets and no other's. */
export interface TenantSessions {
  /**
   * A session that is due is renewed behind its users' backs, and used to its end where STS is not to be reached. Fails with
   * `store_denied`, `store_throttled`, `store_unavailable`, `deadline_exceeded`.
   */
  get(orgId: string): Promise<TenantSession>;
  /**
   * The same for a client, which tells here that its session was refused: sessions are revoked after an incident, and end with a role
   * that is made anew. Where a policy is what refuses, a new one is asked for every thirty seconds at most.
   */
  of(orgId: string): AwsSession;
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
/** A refusal within this long after STS was asked for a session is believed: a new session would be refused as well. */
const BELIEVED_MS = 30_000;
/** What STS itself refuses it is not asked for again within this long: a batch that fails is split, and each part would ask. */
const NO_SESSION_MS = 5_000;

export function createTenantSessions({
  environment,
  roleArn,
  processName,
  maxSessions = 1000,
  durationSeconds = 3600,
  clock = systemClock,
  metrics,
  ...access
}: TenantSessionOptions): TenantSessions {
  const client = telling(new STSClient(clientOptions(access)), access);
  const sessions = new LRUCache<string, Held>({ max: maxSessions });
  const underWay = new Map<string, Promise<TenantSession>>();
  const refusals = new LRUCache<string, { readonly error: RcmError; readonly at: number }>({ max: maxSessions });
  const now = (): number => clock.now().getTime();
  const count = metrics && sessionMetrics(metrics, access.region);

  const assume = (orgId: string): Promise<TenantSession> =>
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
    });

  const renew = (orgId: string): Promise<TenantSession> => {
    const running = underWay.get(orgId);
    if (running) return running;
    const refusal = refusals.get(orgId);
    if (refusal && isYoung(refusal.at, now(), NO_SESSION_MS)) return Promise.reject(refusal.error);
    const renewal = assume(orgId)
      .then((session) => {
        sessions.set(orgId, { session, notBefore: session.expiration.getTime() - RENEW_EARLY_MS, askedAt: now() });
        count?.('assumed', sessions.size);
        return session;
      })
      .catch((error: unknown) => {
        const held = sessions.peek(orgId);
        const goesOn = held !== undefined && timeLeft(held.session) > 0 && isRetryable(error);
        count?.(goesOn ? 'kept' : 'failed', sessions.size);
        if (held) held.notBefore = now() + RETRY_MS;
        if (hasCode(error, 'store_denied')) refusals.set(orgId, { error, at: now() });
        if (goesOn) return held.session;
        throw error;
      })
      .finally(() => underWay.delete(orgId));
    underWay.set(orgId, renewal);
    return renewal;
  };
  const timeLeft = ({ expiration }: TenantSession): number => expiration.getTime() - now();

  const get = (orgId: string): Promise<TenantSession> => {
    const held = sessions.get(orgId);
    if (!held || timeLeft(held.session) <= WAIT_FOR_NEW_MS) return renew(orgId);
    // Counted where it fails; whoever comes when there is little left is told.
    if (now() >= held.notBefore) renew(orgId).catch(() => undefined);
    return Promise.resolve(held.session);
  };

  /** The refused one stays until there is another: it may be good for all but this one call, and STS may be down. */
  const replaced = async (orgId: string, refused: AwsCredentials): Promise<boolean> => {
    const held = sessions.peek(orgId);
    if (held?.session !== refused) return true;
    if (!underWay.has(orgId)) {
      if (isYoung(held.askedAt, now(), BELIEVED_MS)) return false;
      held.askedAt = now();
    }
    return (await renew(orgId)) !== refused;
  };

  return {
    get,
    of: (orgId) => ({
      get: () => get(orgId),
      held: () => sessions.peek(orgId)?.session ?? null,
      replaced: (refused) => replaced(orgId, refused),
    }),
    close: () => client.destroy(),
  };
}

/** How each asking of STS ended: `assumed`; `kept` (not reached, the session that was due for renewal goes on); `failed`. */
function sessionMetrics(metrics: Metrics, region: string): (outcome: 'assumed' | 'kept' | 'failed', held: number) => void {
  const asked = metrics.counter('rcm_tenant_sessions_total');
  const held = metrics.gauge('rcm_tenant_sessions_held');
  let told = 0;
  return (outcome, count) => {
    asked.inc({ region, outcome });
    // Several accounts of a region have sessions of their own.
    held.inc({ region }, count - told);
    told = count;
  };
}
