import { acquireExclusiveLease, type EndpointRow, type Lease, type LeaseRefusal, releaseLease, withdrawExclusiveWish } from '@rcm/db';
import { RcmError } from '@rcm/telemetry';
import type { Migration } from './migration.ts';

/** Longer than a read, a write and their repeats take together. */
const LEASE_MS = 120_000;
/** Agents finish the task in hand; no new one starts while the wish is fresh. */
const WAIT_MS = 60_000;
const POLL_MS = 500;

const WORDS: Readonly<Record<LeaseRefusal, string>> = {
  in_use: 'an agent is working with it',
  exclusive_held: 'a rotation or another rollback holds it',
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

/** Runs `act` while nobody else uses or changes the endpoint's login. Fails with `lease_unavailable` after a minute. */
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
async function poll({ db, clock, stopping, logger, holder }: Migration, endpoint: EndpointRow): Promise<{ readonly lease: Lease; readonly until: number }> {
  const until = clock.now().getTime() + WAIT_MS;
  for (;;) {
    const askedAt = performance.now();
    const answer = await acquireExclusiveLease(db, { endpointId: endpoint.id, orgId: endpoint.orgId, holder, ttlMs: LEASE_MS, wantMs: 4 * POLL_MS });
    if (answer.granted) return { lease: answer.lease, until: askedAt + LEASE_MS };
    if (clock.now().getTime() >= until || stopping.aborted) {
      if (endpoint.loginIdentity !== null)
        await withdrawExclusiveWish(db, { orgId: endpoint.orgId, loginIdentity: endpoint.loginIdentity, holder }).catch((error: unknown) =>
          logger.warn({ err: error }, 'the wish for the lease was not withdrawn'),
        );
      throw new RcmError('lease_unavailable', `The login is not free: ${WORDS[answer.reason]}.`);
    }
    await clock.sleep(POLL_MS, stopping);
  }
}
