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

/** Runs `act` while nobody else uses or changes the endpoint's login. Fails with `lease_unavailable` after a minute. */
export async function withExclusiveLease<T>(migration: Migration, endpoint: EndpointRow, act: (lease: Lease) => Promise<T>): Promise<T> {
  const lease = await poll(migration, endpoint);
  try {
    return await act(lease);
  } finally {
    // A lease that is not given back ends by itself.
    await releaseLease(migration.db, { leaseId: lease.id, orgId: endpoint.orgId }).catch((error: unknown) =>
      migration.logger.warn({ err: error }, 'the lease was not given back'),
    );
  }
}

async function poll({ db, clock, stopping, logger, holder }: Migration, endpoint: EndpointRow): Promise<Lease> {
  const until = clock.now().getTime() + WAIT_MS;
  for (;;) {
    const answer = await acquireExclusiveLease(db, { endpointId: endpoint.id, orgId: endpoint.orgId, holder, ttlMs: LEASE_MS, wantMs: 4 * POLL_MS });
    if (answer.granted) return answer.lease;
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
