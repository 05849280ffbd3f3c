import type { EndpointRow } from '@rcm/db';
import { acquireExclusiveLease, findExclusiveLease, type Lease, type LeaseRefusal, releaseLease, withdrawWriterIntent } from '@rcm/db/leases';
import { RcmError } from '@rcm/telemetry';
import type { Migration } from './migration.ts';

/** Longer than a read, a write and their repeats take together. */
const LEASE_MS = 120_000;
/** Agents finish the task in hand; no new one starts while the intent is fresh. */
const WAIT_MS = 60_000;
/** Whoever changes it may have died, and then its lease ends by itself. Until then a call that it has sent may still arrive, so nobody takes it earlier. */
const WAIT_FOR_THE_DEAD_MS = LEASE_MS + 10_000;
const POLL_MS = 500;

const WORDS: Readonly<Record<LeaseRefusal, string>> = {
  in_use: 'an agent is working with it',
  exclusive_held: 'a rotation, or another run that changes it, holds it',
  exclusive_wanted: 'a rotation is waiting for it',
  rotation_open: 'a rotation of it is open',
  blocked: 'a rotation of it is blocked',
};

/** What cannot be taken back is not begun when so little of the lease is left. */
const MARGIN_MS = 20_000;

/** The exclusive lease, and what is asked right before an act that cannot be taken back: it fails with `lease_lost` where the time is nearly over. */
export interface Held extends Lease {
  assertHeld(): void;
}

/** Runs `act` while nobody else uses or changes the endpoint's login. Fails with `lease_unavailable` after a minute, or where somebody changes it, after as long as a dead one’s lease lasts. */
export async function withExclusiveLease<T>(migration: Migration, endpoint: EndpointRow, act: (lease: Held) => Promise<T>): Promise<T> {
  const { lease, until } = await poll(migration, endpoint);
  const assertHeld = (): void => {
    if (performance.now() > until - MARGIN_MS) throw new RcmError('lease_lost', 'The login was held for too long; nothing more was changed. Run it again.');
  };
  try {
    return await act({ ...lease, assertHeld });
  } finally {
    // A lease that is not given back ends by itself.
    await releaseLease(migration.db, { leaseId: lease.id, orgId: endpoint.orgId }).catch((error: unknown) =>
      migration.logger.warn({ err: error }, 'the lease was not given back'),
    );
  }
}

/** `until`: by this process's monotonic clock, no later than by Postgres's. */
async function poll(migration: Migration, endpoint: EndpointRow): Promise<{ readonly lease: Lease; readonly until: number }> {
  const { db, clock, stopping, logger, holder } = migration;
  const begun = clock.now().getTime();
  let told = false;
  for (;;) {
    const askedAt = performance.now();
    const answer = await acquireExclusiveLease(db, { endpointId: endpoint.id, orgId: endpoint.orgId, holder, ttlMs: LEASE_MS, wantMs: 4 * POLL_MS });
    if (answer.granted) return { lease: answer.lease, until: askedAt + LEASE_MS };
    const waitMs = answer.reason === 'exclusive_held' ? WAIT_FOR_THE_DEAD_MS : WAIT_MS;
    if (clock.now().getTime() - begun >= waitMs || stopping.aborted) throw await notFree(migration, endpoint, answer.reason);
    if (answer.reason === 'exclusive_held' && !told) logger.warn({ endpointId: endpoint.id }, `waiting: ${await whoHolds(migration, endpoint)}`);
    told ||= answer.reason === 'exclusive_held';
    await clock.sleep(POLL_MS, stopping);
  }
}

async function notFree(migration: Migration, endpoint: EndpointRow, reason: LeaseRefusal): Promise<RcmError> {
  const { db, logger, holder } = migration;
  if (endpoint.loginIdentity !== null)
    await withdrawWriterIntent(db, { orgId: endpoint.orgId, loginIdentity: endpoint.loginIdentity, holder }).catch((error: unknown) =>
      logger.warn({ err: error }, 'the intent for the lease was not withdrawn'),
    );
  const why = reason === 'exclusive_held' ? await whoHolds(migration, endpoint) : WORDS[reason];
  return new RcmError('lease_unavailable', `The login is not free: ${why}. Nothing was changed; run it again once that is over.`);
}

async function whoHolds({ db }: Migration, { loginIdentity }: EndpointRow): Promise<string> {
  const held = loginIdentity === null ? null : await findExclusiveLease(db, { loginIdentity });
  if (!held) return WORDS.exclusive_held;
  return `${held.holder} holds it until ${held.expiresAt.toISOString().slice(0, 19)}Z, and for longer only if it lives`;
}
