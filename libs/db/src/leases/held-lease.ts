import { acquireExclusiveLease, acquireSharedLease, type Lease, type LeaseRefusal, releaseLease, renewLease, withdrawWriterIntent } from '@rcm/db/leases';
import { type Clock, type Logger, type Metrics, RcmError } from '@rcm/telemetry';
import type { Database } from '../database.ts';

export interface LeaseTiming {
  /** How long a lease lives without renewal, in ms. It is renewed every quarter of this. */
  readonly ttlMs: number;
  /** How long to wait for the lease, in ms, before `lease_unavailable`. */
  readonly waitMs: number;
  /** The same where somebody changes the login, in ms: the lease of one that died ends by itself, `ttlMs` after its last renewal at the latest. Default: `waitMs`. */
  readonly waitForWriterMs?: number;
  /** Pause between two tries, in ms. */
  readonly pollMs: number;
}

export interface HoldRequest {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What is measured of it. Default: nothing. */
  readonly metrics?: Metrics | undefined;
  readonly orgId: string;
  readonly endpointId: string;
  readonly loginIdentity: string;
  /** The secret that the row named when the caller read it; `null`: none. */
  readonly secretArn: string | null;
  /** Who holds it, for people who look: process and purpose. */
  readonly holder: string;
  readonly kind: 'shared' | 'exclusive';
  readonly timing: LeaseTiming;
  readonly signal: AbortSignal;
  /** Told once that somebody changes the login and is waited for. */
  readonly onWriter?: () => Promise<void>;
  /** What `lease_unavailable` says, in the words of who asks. */
  readonly words?: (reason: LeaseRefusal) => Promise<string>;
}

/**
 * A lease that renews itself. `signal` aborts when the caller's does, or when the lease can no longer be renewed in time: the
 * holder must have stopped its browser before the lease runs out, since from then on somebody else may hold it.
 */
export interface HeldLease {
  readonly lease: Lease;
  readonly signal: AbortSignal;
  /** Renews now; afterwards a full `ttlMs` is left. Fails with `lease_lost`. */
  extend(): Promise<void>;
  /**
   * Fails with `lease_lost` unless the lease lives `forMs` longer (default 0): asked right before an act that cannot be taken back, since the process
   * may have been stopped a moment ago. By whichever of its clocks says so first: the wall clock is set back by people, the monotonic one stands still
   * while a machine sleeps.
   */
  assertHeld(forMs?: number): void;
  release(): Promise<void>;
}

/** Waits for the lease as `timing` says. Fails with `lease_unavailable` (retry later; `details.reason` is a `LeaseRefusal`, or `renamed` or `moved`, where the row names another login or secret by then) or `cancelled`. */
export async function holdLease(request: HoldRequest): Promise<HeldLease> {
  const startedAt = performance.now();
  const waited = (given: 'yes' | 'no') =>
    request.metrics?.histogram('rcm_lease_wait_seconds').observe({ kind: request.kind, given }, (performance.now() - startedAt) / 1000);
  try {
    const held = await waitForLease(request);
    waited('yes');
    return held;
  } catch (error) {
    waited('no');
    throw error;
  }
}

async function waitForLease(request: HoldRequest): Promise<HeldLease> {
  const { clock, timing, onWriter } = request;
  const startedAt = clock.elapsed();
  let told = false;
  for (;;) {
    const askedAt = bothClocks();
    const answer = await ask(request, startedAt + timing.waitMs - clock.elapsed());
    if (answer.granted) return keepRenewing(request, await asItWasRead(request, answer.lease), askedAt);
    const waitMs = longest(timing, answer.reason);
    if (clock.elapsed() + timing.pollMs > startedAt + waitMs) {
      await withdrawIntent(request);
      const words = await request.words?.(answer.reason);
      throw new RcmError('lease_unavailable', words ?? `The login is in use or being changed (${answer.reason}); it was not free within ${waitMs} ms.`, {
        details: { endpointId: request.endpointId, reason: answer.reason },
      });
    }
    if (answer.reason === 'exclusive_held' && !told) await onWriter?.();
    told ||= answer.reason === 'exclusive_held';
    await clock.sleep(timing.pollMs, request.signal).catch(async (error: unknown) => {
      await withdrawIntent(request);
      throw error;
    });
  }
}

const longest = ({ waitMs, waitForWriterMs = waitMs }: LeaseTiming, reason: LeaseRefusal): number => (reason === 'exclusive_held' ? waitForWriterMs : waitMs);

/** While this one waited, the login may have got another name or another secret: what the caller knows of it is to be read again before anything is done by it. */
async function asItWasRead({ db, orgId, endpointId, loginIdentity, secretArn }: HoldRequest, lease: Lease): Promise<Lease> {
  const [reason, what] = lease.loginIdentity !== loginIdentity ? ['renamed', 'name'] : lease.secretArn !== secretArn ? ['moved', 'secret'] : [null, null];
  if (reason === null) return lease;
  await releaseLease(db, { leaseId: lease.id, orgId });
  throw new RcmError('lease_unavailable', `The login got another ${what} while its lease was waited for; ask again.`, { details: { endpointId, reason } });
}

/** Whoever gives up waiting holds no agent back any more. A writer intent that stays all the same ends by itself. */
async function withdrawIntent({ db, logger, kind, orgId, endpointId, loginIdentity, holder }: HoldRequest): Promise<void> {
  if (kind !== 'exclusive') return;
  await withdrawWriterIntent(db, { orgId, loginIdentity, holder }).catch((error: unknown) =>
    logger.warn({ err: error, endpointId }, 'a writer intent for a lease could not be withdrawn'),
  );
}

function ask(request: HoldRequest, leftMs: number) {
  const { db, orgId, endpointId, holder, timing } = request;
  if (request.kind === 'shared') return acquireSharedLease(db, { orgId, endpointId, holder, ttlMs: timing.ttlMs });
  // The intent outlives one poll, so new shared leases keep waiting, but not a rotator that died while waiting.
  const wantMs = Math.max(timing.pollMs * 4, Math.min(leftMs, 5_000));
  return acquireExclusiveLease(db, { orgId, endpointId, holder, ttlMs: timing.ttlMs, wantMs });
}

interface Instant {
  readonly elapsed: number;
  readonly now: number;
}

const bothClocks = (): Instant => ({ elapsed: performance.now(), now: Date.now() });

function keepRenewing(request: HoldRequest, lease: Lease, askedAt: Instant): HeldLease {
  const { db, logger, timing } = request;
  const lost = new AbortController();
  const renewEveryMs = timing.ttlMs / 4;
  // Counted from before the question was sent: never later than Postgres's own expiry.
  let renewedAt = askedAt;
  let renewing: Promise<void> | null = null;

  const lose = (): RcmError => {
    lost.abort();
    return new RcmError('lease_lost', 'The lease on the login ran out, or it would before what is to be done has ended.', {
      details: { endpointId: request.endpointId },
    });
  };
  const extend = async () => {
    const startedAt = bothClocks();
    const expiresAt = await renewLease(db, { leaseId: lease.id, orgId: request.orgId, ttlMs: timing.ttlMs });
    if (expiresAt === null) throw lose();
    renewedAt = startedAt;
  };
  const tick = () => {
    if (performance.now() > renewedAt.elapsed + timing.ttlMs - renewEveryMs) lost.abort();
    renewing ??= extend()
      .catch((error: unknown) => logger.warn({ err: error, endpointId: request.endpointId }, 'lease renewal failed'))
      .finally(() => {
        renewing = null;
      });
  };
  const timer = setInterval(tick, renewEveryMs);
  let released = false;
  return {
    lease,
    signal: AbortSignal.any([request.signal, lost.signal]),
    extend,
    assertHeld(forMs = 0) {
      const { elapsed, now } = bothClocks();
      if (lost.signal.aborted || Math.max(elapsed - renewedAt.elapsed, now - renewedAt.now) + forMs >= timing.ttlMs) throw lose();
    },
    async release() {
      if (released) return;
      released = true;
      clearInterval(timer);
      await renewing;
      // A release that does not reach the database is no loss: the lease expires by itself.
      await releaseLease(db, { leaseId: lease.id, orgId: request.orgId }).catch((error: unknown) =>
        logger.warn({ err: error, endpointId: request.endpointId }, 'lease release failed'),
      );
    },
  };
}
