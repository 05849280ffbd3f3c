import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { acquire } from './ask-leases-and-logins.fixture.ts';
import type { Place } from './both-databases.fixture.ts';
import { FINGERPRINTS } from './drawn.fixture.ts';
import type { Round } from './round.fixture.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A copy that was never sent, before and after the portal has refused it, and a month later: rare enough to be asked for by name. */
export async function askRefusedCopy(round: Round, place: Place, holder: string): Promise<void> {
  const lease = await acquire(round, place, 'exclusive', holder);
  if (!lease) return expect.fail('no lease was given');
  const attemptId = randomUUID();
  const plan = { ...place, attemptId, owner: 'one', reason: 'due', baseVersion: '1', recipeHash: 'hash' };
  await round.ask('planRotation', (side) => ({ ...plan, leaseId: lease[side], fence: lease.fence[side] }));
  await round.ask('finishAttempt', (side) => ({ attemptId, orgId: place.orgId, fence: lease.fence[side], from: 'planned', end: 'abandoned' }));
  const mayGo = async () => (await round.ask('mayRemoveCopy', () => ({ attemptId, orgId: place.orgId, currentVersion: '1' }))).real as boolean;
  expect(await mayGo()).toBe(false);
  const version = `staged:${attemptId}`;
  const begun = (await round.ask('beginLoginAttempt', (side) => ({
    ...{ ...place, leaseId: lease[side], actor: 'rotator', version, fingerprints: FINGERPRINTS.slice(0, 1) },
  }))) as { readonly real: { loginAttemptId?: string }; readonly model: { loginAttemptId?: string } };
  await round.ask('finishLoginAttempt', (side) => ({
    ...{ loginAttemptId: begun[side].loginAttemptId, orgId: place.orgId, outcome: 'rejected', effect: 'bad', proved: false, coolDownMs: HOUR_MS },
  }));
  expect(await mayGo()).toBe(true);
  await round.ask('releaseLease', (side) => ({ leaseId: lease[side], orgId: place.orgId }));
  await round.both.pass(31 * DAY_MS);
  const { real: listed } = await round.ask('listCopiesToRemove', () => ({ limit: 10 }));
  expect((listed as { readonly id: string }[]).map(({ id }) => id)).toContain(attemptId);
}
