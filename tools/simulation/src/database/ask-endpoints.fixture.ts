import { acquire } from './ask-leases-and-logins.fixture.ts';
import { identityOf, type Place } from './both-databases.fixture.ts';
import { FINGERPRINTS, HOLDERS } from './drawn.fixture.ts';
import type { Round } from './round.fixture.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

export async function askOfEndpoints(round: Round, place: Place): Promise<void> {
  const random = round.random;
  const [from, to] = [random.pick(['1', '2', '3']), random.pick(['2', '3', '4'])];
  const other = random.pick(round.places);
  const rules = { canary: round.canary, probeMs: HOUR_MS, lastingMs: 0 };
  const ms = random.pick([-DAY_MS, -HOUR_MS, 2 * DAY_MS]);
  await round.ask('getEndpoint', () => ({ orgId: other.orgId, endpointId: place.endpointId }));
  if (random.chance(0.5)) {
    await round.ask('followStoreVersion', () => ({ ...place, from, to }));
    await round.ask('wasReplaced', () => ({ ...place, current: to, read: from, madeBy: null }));
  }
  if (random.chance(0.5)) await round.ask('setNextRotation', (_, now) => ({ endpointIds: [place.endpointId], at: new Date(now + ms) }));
  if (random.chance(0.3)) await round.ask('putOffRotation', () => ({ ...place, forMs: 5 * HOUR_MS, tell: 'later' }));
  if (random.chance(0.3)) await round.ask('bringRotationForward', (_, now) => ({ ...place, expiresAt: new Date(now + 3 * DAY_MS) }));
  if (random.chance(0.4)) await round.ask('wantCredentialSearch', () => place);
  for (const fingerprint of FINGERPRINTS) await round.ask('wantSearchIfOutdated', () => ({ ...place, fingerprints: [fingerprint] }));
  const { model: start } = (await round.ask('startSearch', () => place)) as { model: { requests: number } };
  // Somebody wanted it meanwhile, now and then.
  const requests = start.requests - random.pick([0, 0, 1]);
  if (random.chance(0.3)) await round.ask('noteSearched', () => ({ ...place, requests }));
  const pause = random.pick([{ forMs: HOUR_MS }, { untilMs: 3 * DAY_MS }]);
  if (random.chance(0.2))
    await round.ask('postponeSearch', (_, now) => ({ ...place, requests, ...('forMs' in pause ? pause : { until: new Date(now + pause.untilMs) }) }));
  await round.ask('passwordTooYoungUntil', () => ({ ...place, leastHours: random.pick([0, 30]), changesPerDay: random.pick([null, 1, 2]) }));
  await round.ask('isDue', () => place);
  await round.ask('liesElsewhere', () => place);
  await round.ask('hasOldReaders', () => place);
  if (await hasOrder(round)) {
    await round.ask('listDueEndpoints', () => ({ limit: 10 }));
    await round.ask('listStartable', () => ({ rules, limit: 10 }));
  }
  await round.ask('listWantedSearches', () => ({ limit: 10, pauseMs: HOUR_MS }));
  await round.ask('listOpenAttempts', () => ({ limit: 10, ownerGone: true }));
  await round.ask('listCopiesToRemove', () => ({ limit: 10 }));
  await round.ask('listCopiesElsewhere', () => ({ ...place, secretArn: other.secretArn, limit: 3 }));
  const [secretArn, limit] = [random.pick([other.secretArn, 'arn:of:another']), random.pick([1, 3])];
  await round.ask('listOtherSecrets', () => ({ ...place, secretArn, limit }));
  const copy = round.attempts[0];
  if (copy && random.chance(0.1)) await round.ask('noteCopyRemoved', () => ({ attemptId: copy.id, orgId: copy.place.orgId }));
}

/**
 * Follows its secret to one of a few accounts, as one that may have been called any of them, some or nothing. From then on each place is asked
 * for as what it is.
 */
export async function followAccount(round: Round, place: Place): Promise<void> {
  const random = round.random;
  // Longer than any lease.
  if (random.chance(0.8)) await round.both.pass(30 * MINUTE_MS + 40_000);
  const lease = (await acquire(round, place, 'exclusive', random.pick(HOLDERS))) ?? round.leases.at(-1);
  if (!lease) return;
  const all = ['login one', 'login two', 'somebody else', 'nobody yet'].map(identityOf);
  const [id, knownAs] = [random.pick(all), random.pick([[], [lease.place.loginIdentity], all.slice(0, 1), all])];
  const asked = { ...lease.place, from: lease.place.loginIdentity, to: [{ id, keyId: '1' }], actor: 'rotator', knownAs };
  await round.ask('followAccount', (side) => ({ ...asked, leaseId: lease[side] }));
  const fingerprints = [random.pick(FINGERPRINTS)];
  for (const [at, { orgId, endpointId }] of round.places.entries()) {
    const { model: row } = (await round.ask('getEndpoint', () => ({ orgId, endpointId }))) as { model: { loginIdentity: string } };
    const now = { ...(round.places[at] ?? place), loginIdentity: row.loginIdentity };
    round.places[at] = now;
    await round.ask('remainingBudget', () => now);
    await round.ask('mayBeLocked', () => now);
    await round.ask('passwordTries', () => ({ ...now, fingerprints, since: new Date(0) }));
  }
}

/** One statement gives the endpoints of one secret dates that are microseconds apart: which comes first is nobody's decision. */
async function hasOrder(round: Round): Promise<boolean> {
  const dates: number[] = [];
  for (const { orgId, endpointId } of round.places.slice(0, 2)) {
    const { model: row } = (await round.ask('getEndpoint', () => ({ orgId, endpointId }))) as { model: { nextRotationAt: Date | null } | null };
    dates.push(row?.nextRotationAt?.getTime() ?? 0);
  }
  return Math.abs((dates[0] ?? 0) - (dates[1] ?? 0)) > 1_000;
}

export async function askOfAdmission(round: Round, place: Place): Promise<void> {
  const random = round.random;
  const scope = random.pick([
    { kind: 'all' },
    { kind: 'portal_type', portalTypeCode: place.portalTypeCode },
    { kind: 'endpoint', orgId: place.orgId, endpointId: place.endpointId },
  ]);
  const act = { scope, actor: 'person:os:somebody', reason: 'said so' };
  const which = random.weighted({ assess: 4, pause: 1, resume: 2 });
  if (which === 'assess') await round.ask('assessPortalTypes', () => ({ windowMs: 2 * HOUR_MS, suspects: 3, failures: 3 }));
  if (which === 'pause') await round.ask('pauseRotations', () => act);
  if (which === 'resume') await round.ask('resumeRotations', () => act);
}
