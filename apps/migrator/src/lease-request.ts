import type { EndpointRow } from '@rcm/db';
import type { HoldRequest } from '@rcm/db/holding';
import { findExclusiveLease, type LeaseRefusal } from '@rcm/db/leases';
import { RcmError } from '@rcm/telemetry';
import type { Migration } from './migration.ts';

/**
 * A migrator that died holds a login until its lease ends; until then a call that it has sent may still arrive, so nobody takes it earlier. An agent finishes the task in hand
 * meanwhile, and starts no new one.
 */
const TTL_MS = 120_000;
const TIMING = { ttlMs: TTL_MS, waitMs: 60_000, waitForWriterMs: TTL_MS + 10_000, pollMs: 500 } as const;
/** What cannot be taken back is not begun when so little of the lease is left. */
export const LEASE_MARGIN_MS = 20_000;

const WORDS: Readonly<Record<LeaseRefusal, string>> = {
  in_use: 'an agent is working with it',
  exclusive_held: 'a rotation, or another run that changes it, holds it',
  exclusive_wanted: 'a rotation is waiting for it',
  rotation_open: 'a rotation of it is open',
  blocked: 'a rotation of it is blocked',
};

/** How a migrator asks for the lease of a login. Fails with `state_conflict` where the row names none. */
export function leaseRequest(migration: Migration, { id: endpointId, orgId, loginIdentity, secretArn }: EndpointRow): HoldRequest {
  if (loginIdentity === null) throw new RcmError('state_conflict', `Endpoint ${endpointId} is not migrated. Nothing was changed.`);
  const { db, clock, logger, holder, stopping } = migration;
  const why = async (reason: LeaseRefusal): Promise<string> => (reason === 'exclusive_held' ? whoHolds(migration, loginIdentity) : WORDS[reason]);
  return {
    ...{ db, clock, logger, holder, orgId, endpointId, loginIdentity, secretArn },
    kind: 'exclusive',
    timing: TIMING,
    signal: stopping,
    onWriter: async () => logger.warn({ endpointId }, `waiting: ${await why('exclusive_held')}`),
    words: async (reason) => `The login is not free: ${await why(reason)}. Nothing was changed; run it again once that is over.`,
  };
}

async function whoHolds({ db }: Migration, loginIdentity: string): Promise<string> {
  const held = await findExclusiveLease(db, { loginIdentity });
  return held ? `${held.holder} holds it until ${held.expiresAt.toISOString().slice(0, 19)}Z, and for longer only if it lives` : WORDS.exclusive_held;
}
