import { type Clock, hasCode, isRetryable, type Metrics, type RcmError, systemClock } from '@rcm/telemetry';
import { LRUCache } from 'lru-cache';
import { type AwsCredentials, type AwsSession, CALL_DEADLINE_MS } from '../stores/aws-client.ts';
import { isYoung } from '../stores/is-young.ts';
import { createTenantRole, type TenantRole, type TenantRoleOptions, type TenantSession } from './tenant-role.ts';

export interface TenantSessionOptions extends TenantRoleOptions {
  /** Sessions kept. Default 1000; the one longest unused goes first. */
  readonly maxSessions?: number;
  readonly clock?: Clock;
  /** Default: nothing is counted. */
  readonly metrics?: Metrics | undefined;
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
   * A session that is due is renewed in the background, and used to its end where STS is not to be reached. Fails with
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

export function createTenantSessions(options: TenantSessionOptions): TenantSessions {
  const sessions = new HeldSessions(options);
  return {
    get: (orgId) => sessions.get(orgId),
    of: (orgId) => ({
      get: () => sessions.get(orgId),
      held: () => sessions.held(orgId),
      replaced: (refused) => sessions.replaced(orgId, refused),
    }),
    close: () => sessions.close(),
  };
}

class HeldSessions {
  readonly #role: TenantRole;
  readonly #clock: Clock;
  readonly #sessions: LRUCache<string, Held>;
  readonly #underWay = new Map<string, Promise<TenantSession>>();
  readonly #refusals: LRUCache<string, { readonly error: RcmError; readonly at: number }>;
  readonly #count: CountAsked | undefined;

  constructor({ maxSessions = 1000, clock = systemClock, metrics, ...role }: TenantSessionOptions) {
    this.#role = createTenantRole(role);
    this.#clock = clock;
    this.#sessions = new LRUCache({ max: maxSessions });
    this.#refusals = new LRUCache({ max: maxSessions });
    this.#count = metrics && sessionMetrics(metrics, role.region);
  }

  get(orgId: string): Promise<TenantSession> {
    const held = this.#sessions.get(orgId);
    if (!held || this.#timeLeft(held.session) <= WAIT_FOR_NEW_MS) return this.#renew(orgId);
    // Counted where it fails; whoever comes when there is little left is told.
    if (this.#now() >= held.notBefore) this.#renew(orgId).catch(() => undefined);
    return Promise.resolve(held.session);
  }

  held(orgId: string): TenantSession | null {
    return this.#sessions.peek(orgId)?.session ?? null;
  }

  /** The refused one stays until there is another: it may be good for all but this one call, and STS may be down. */
  async replaced(orgId: string, refused: AwsCredentials): Promise<boolean> {
    const held = this.#sessions.peek(orgId);
    if (held?.session !== refused) return true;
    if (!this.#underWay.has(orgId)) {
      if (isYoung(held.askedAt, this.#now(), BELIEVED_MS)) return false;
      held.askedAt = this.#now();
    }
    return (await this.#renew(orgId)) !== refused;
  }

  close(): void {
    this.#role.close();
  }

  /** One asking of STS for all who wait. */
  #renew(orgId: string): Promise<TenantSession> {
    const running = this.#underWay.get(orgId);
    if (running) return running;
    const refusal = this.#refusals.get(orgId);
    if (refusal && isYoung(refusal.at, this.#now(), NO_SESSION_MS)) return Promise.reject(refusal.error);
    const renewal = this.#role
      .assume(orgId)
      .then((session) => this.#keep(orgId, session))
      .catch((error: unknown) => this.#goOn(orgId, error))
      .finally(() => this.#underWay.delete(orgId));
    this.#underWay.set(orgId, renewal);
    return renewal;
  }

  #keep(orgId: string, session: TenantSession): TenantSession {
    this.#sessions.set(orgId, { session, notBefore: session.expiration.getTime() - RENEW_EARLY_MS, askedAt: this.#now() });
    this.#count?.('assumed', this.#sessions.size);
    return session;
  }

  /** With the session that was due for renewal, as long as it lasts, where STS was not reached; otherwise it fails as STS did. */
  #goOn(orgId: string, error: unknown): TenantSession {
    const held = this.#sessions.peek(orgId);
    const goesOn = held !== undefined && this.#timeLeft(held.session) > 0 && isRetryable(error);
    this.#count?.(goesOn ? 'kept' : 'failed', this.#sessions.size);
    if (held) held.notBefore = this.#now() + RETRY_MS;
    if (hasCode(error, 'store_denied')) this.#refusals.set(orgId, { error, at: this.#now() });
    if (goesOn) return held.session;
    throw error;
  }

  #timeLeft({ expiration }: TenantSession): number {
    return expiration.getTime() - this.#now();
  }

  #now(): number {
    return this.#clock.now().getTime();
  }
}

type CountAsked = (outcome: 'assumed' | 'kept' | 'failed', held: number) => void;

/** How each asking of STS ended: `assumed`; `kept` (not reached, the session that was due for renewal goes on); `failed`. */
function sessionMetrics(metrics: Metrics, region: string): CountAsked {
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
