import { expect } from 'vitest';
import type { Place } from './both-databases.fixture.ts';
import { FINGERPRINTS, HOLDERS } from './drawn.fixture.ts';
import type { LeasePair, Round } from './round.fixture.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

export async function askOfLeases(round: Round, place: Place, lease: LeasePair | null): Promise<void> {
  const random = round.random;
  const [holder, ttlMs] = [random.pick(HOLDERS), random.pick([11, 29]) * MINUTE_MS];
  const which = random.weighted({ shared: 4, exclusive: 6, renew: 2, release: 4, withdraw: 1 });
  if (which === 'renew' && lease) await round.ask('renewLease', (side) => ({ leaseId: lease[side], orgId: place.orgId, ttlMs }));
  if (which === 'release' && lease) await round.ask('releaseLease', (side) => ({ leaseId: lease[side], orgId: lease.place.orgId }));
  if (which === 'withdraw') await round.ask('withdrawWriterIntent', () => ({ ...place, holder }));
  if (which === 'shared' || which === 'exclusive') await acquire(round, place, which, random.pick(HOLDERS));
}

export async function acquire(round: Round, place: Place, which: 'shared' | 'exclusive', holder: string): Promise<LeasePair | null> {
  const ttlMs = round.random.pick([11, 29]) * MINUTE_MS;
  const name = which === 'shared' ? 'acquireSharedLease' : 'acquireExclusiveLease';
  const answer = await round.ask(name, () => ({ ...place, holder, ttlMs, ...(which === 'exclusive' ? { wantMs: MINUTE_MS } : {}) }));
  const [one, other] = [answer.real, answer.model] as { lease?: { id: string; fence: bigint } }[];
  if (!one?.lease || !other?.lease) return null;
  const lease = { real: one.lease.id, model: other.lease.id, kind: which, place, fence: { real: one.lease.fence, model: other.lease.fence } };
  round.leases.push(lease);
  return lease;
}

/** A login without an answer, one that gets in after it, and what is left of the budget as time passes: rare enough to be asked for by name. */
export async function askUnanswered(round: Round, place: Place, holder: string): Promise<void> {
  for (const outcome of [null, 'accepted']) {
    const lease = await acquire(round, place, 'shared', holder);
    if (!lease) return expect.fail('no lease was given');
    await begin(round, place, lease);
    const login = round.logins.at(-1);
    if (outcome !== null && login)
      await round.ask('finishLoginAttempt', (side) => ({ loginAttemptId: login[side], orgId: place.orgId, outcome, effect: 'none', proved: true }));
    await round.ask('releaseLease', (side) => ({ leaseId: lease[side], orgId: place.orgId }));
  }
  for (const minutes of [0, 1, 2, 60, 25 * 60]) {
    await round.both.pass(minutes * MINUTE_MS);
    await round.ask('remainingBudget', () => place);
  }
}

/** A login that is refused, a lock, and what is left of the budget as time passes, by several clocks of whoever asks. */
export async function askByOtherClocks(round: Round, place: Place, holder: string): Promise<void> {
  for (const outcome of ['rejected', 'locked']) {
    const lease = await acquire(round, place, 'shared', holder);
    if (!lease) return expect.fail('no lease was given');
    await begin(round, place, lease);
    await round.ask('finishLoginAttempt', (side) => ({
      loginAttemptId: round.logins.at(-1)?.[side],
      orgId: place.orgId,
      outcome,
      effect: 'none',
      proved: false,
    }));
    await round.ask('releaseLease', (side) => ({ leaseId: lease[side], orgId: place.orgId }));
    for (const hours of [0, 0.4, 0.4, 0.5, 3, 20, 23, 50]) {
      await round.both.pass(hours * HOUR_MS);
      for (const aheadHours of [0, -0.7, -4, -100]) {
        round.both.setAskersClock(aheadHours * HOUR_MS);
        await round.ask('remainingBudget', () => place);
      }
      round.both.setAskersClock(0);
    }
  }
}

export async function askOfLogins(round: Round, place: Place, lease: LeasePair | null): Promise<void> {
  const random = round.random;
  const known = round.logins.at(-1);
  if (known && random.chance(0.5)) {
    const outcome = random.pick([
      'accepted',
      'accepted',
      'rejected',
      'rejected',
      'rejected_or_locked',
      'locked',
      'throttled',
      'mfa_rejected',
      'change_forced',
      'unknown',
      'not_submitted',
    ]);
    const effect = outcome.startsWith('rejected') ? random.pick(['suspect', 'bad', 'provisional']) : 'none';
    const throttled = outcome === 'throttled' ? random.pick([40 * MINUTE_MS, 3 * DAY_MS]) : null;
    await round.ask('finishLoginAttempt', (side, now) => ({
      ...{ loginAttemptId: known[side], orgId: known.place.orgId, outcome, effect, proved: outcome === 'accepted' || outcome === 'change_forced' },
      ...(throttled === null ? {} : { throttledUntil: new Date(now + throttled) }),
      ...(effect === 'suspect' || effect === 'bad' ? { coolDownMs: HOUR_MS } : {}),
    }));
    return;
  }
  if (!lease) return;
  await begin(round, random.chance(0.9) ? lease.place : place, lease);
}

async function begin(round: Round, at: Place, lease: LeasePair): Promise<void> {
  const random = round.random;
  const attempt = round.attempts.at(-1);
  const version = random.pick(['1', '2', ...(attempt ? [`staged:${attempt.id}`, `staged:${attempt.id}/14`] : []), 'elsewhere:twin', '2/14']);
  const rotationAttemptId = attempt && random.chance(0.3) ? { rotationAttemptId: attempt.id } : {};
  const fingerprints = random.chance(0.8) ? [random.pick(FINGERPRINTS)] : FINGERPRINTS.slice(0, 2);
  const request = (side: 'real' | 'model') => ({ ...at, leaseId: lease[side], actor: 'rotator', version, fingerprints, ...rotationAttemptId });
  await round.ask('checkLoginAttempt', request);
  const { real: one, model: other } = (await round.ask('beginLoginAttempt', request)) as {
    real: { loginAttemptId?: string };
    model: { loginAttemptId?: string };
  };
  if (one.loginAttemptId && other.loginAttemptId) round.logins.push({ real: one.loginAttemptId, model: other.loginAttemptId, place: at });
}

export async function readLogin(round: Round, place: Place): Promise<void> {
  const random = round.random;
  const attempt = round.attempts.at(-1);
  const fingerprints = [random.pick(FINGERPRINTS)];
  const rules = { windowMs: 2 * HOUR_MS, suspects: 3 };
  await round.ask('remainingBudget', () => place);
  await round.ask('mayBeLocked', () => place);
  await round.ask('passwordTries', (_, now) => ({ ...place, fingerprints, since: new Date(now - HOUR_MS) }));
  const version = random.pick(['1', '2', ...(attempt ? [`staged:${attempt.id}`, `staged:${attempt.id}/14`] : []), 'elsewhere:twin', '2/14']);
  await round.ask('passwordState', () => ({ ...place, fingerprints, version, propagationDelayMs: 300_000, rules }));
  await round.ask('refusesOthers', () => ({ ...place, rules }));
  await round.ask('knownVersions', () => ({ ...place, limit: 5 }));
  await round.ask('earlierVersions', () => ({ ...place, limit: 5 }));
  const made = random.pick(['1', '2', '3']);
  await round.ask('keptLength', () => place);
  await round.ask('rotationTo', () => ({ ...place, version: made }));
  const replaced = {
    current: made,
    read: random.pick(['1', '2']),
    madeBy: random.pick([null, attempt?.id ?? null]),
    ...(random.chance(0.5) ? { withinMs: HOUR_MS } : {}),
  };
  await round.ask('wasReplaced', () => ({ ...place, ...replaced }));
  if (random.chance(0.1)) await round.ask('forgetPasswords', () => ({ ...place, keep: fingerprints }));
  if (!attempt) return;
  await round.ask('changeWasRefused', () => ({ ...place, rotationAttemptId: attempt.id, fingerprints }));
  await round.ask('knowsRotation', () => ({ ...place, attemptId: attempt.id }));
  await round.ask('outrunCopy', () => ({ ...place, attemptId: attempt.id }));
  const [copy, currentVersion] = [random.pick(round.attempts).id, random.pick(['1', '2'])];
  await round.ask('mayRemoveCopy', () => ({ ...place, attemptId: copy, currentVersion }));
}
