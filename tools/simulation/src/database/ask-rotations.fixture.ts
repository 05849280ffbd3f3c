import { randomUUID } from 'node:crypto';
import type { Place } from './both-databases.fixture.ts';
import type { LeasePair, Round } from './round.fixture.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

const STATES = ['planned', 'staged', 'submitting', 'applied', 'verified', 'promoted', 'waiting', 'blocked', 'done', 'abandoned'] as const;
const FORWARD: Readonly<Record<string, string>> = {
  planned: 'staged',
  staged: 'submitting',
  submitting: 'applied',
  applied: 'verified',
  verified: 'verified',
  promoted: 'promoted',
};

export async function askOfRotations(round: Round, place: Place, lease: LeasePair | null): Promise<void> {
  const random = round.random;
  await round.ask('getOpenAttempt', () => place);
  await round.ask('findOpenRotation', () => place);
  if (!lease) return;
  const known = round.attempts.at(-1);
  if (!known || random.chance(0.3)) {
    const attemptId = known && random.chance(0.1) ? known.id : randomUUID();
    const reason = random.pick(['due', 'due', 'demand', 'rollback', 'restored']);
    const asked = await request(round, lease.place, reason);
    const rules = round.canary ? { rules: { canary: true, probeMs: HOUR_MS, lastingMs: 0 } } : {};
    const baseVersion = random.pick(['1', '1', '2', '3']);
    const { real: planned } = (await round.ask('planRotation', (side) => ({
      ...{ ...lease.place, attemptId, leaseId: lease[side], fence: lease.fence[side], owner: 'one', reason, baseVersion, recipeHash: 'hash' },
      ...rules,
      ...(asked ? { requestId: asked[side] } : {}),
    }))) as { real: { created?: boolean } };
    if (planned.created && attemptId !== known?.id) round.attempts.push({ id: attemptId, place: lease.place });
    return;
  }
  const { model: row } = (await round.ask('getAttempt', () => ({ attemptId: known.id }))) as { model: { state: string } | null };
  const from = row && random.chance(0.9) ? row.state : random.pick(STATES);
  const step = (side: 'real' | 'model') => ({ attemptId: known.id, orgId: known.place.orgId, fence: lease.fence[side], from });
  const act = random.weighted({ adopt: 4, advance: 9, wait: 4, resume: 3, block: 2, promote: 3, finish: 3, resolve: 3, look: 2 });
  if (act === 'adopt') await round.ask('adoptAttempt', (side) => ({ ...step(side), owner: 'one' }));
  if (act === 'advance') {
    const to = random.chance(0.8) ? (FORWARD[from] ?? 'staged') : random.pick(STATES);
    const set = {
      submitDeadlineMs: to === 'submitting' ? random.pick([MINUTE_MS, 20 * MINUTE_MS]) : undefined,
      ...random.pick([
        {},
        { detail: 'moved' },
        { found: 'staged', failedSubmits: 2 },
        { found: 'staged/14' },
        { refusedRule: 'reused' },
        { refusedRule: null },
      ]),
    };
    await round.ask('advanceAttempt', (side) => ({
      ...step(side),
      to,
      set: Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined)),
    }));
  }
  if (act === 'wait') {
    const which = random.pick(['untilMs', 'afterSubmitMs', 'until'] as const);
    const ms = random.pick([13 * MINUTE_MS, 2 * HOUR_MS, 9 * DAY_MS]);
    const outcome = random.pick([{}, { outcome: 'unproven' }]);
    const grows = which === 'untilMs' ? random.pick([{}, { growsToMs: 3 * HOUR_MS }, { growsToMs: DAY_MS }]) : {};
    await round.ask('waitAttempt', (side, now) => ({
      ...step(side),
      detail: 'waits',
      [which]: which === 'until' ? new Date(now + ms) : ms,
      ...grows,
      ...outcome,
    }));
  }
  if (act === 'resume') await round.ask('resumeAttempt', step);
  if (act === 'block') await round.ask('blockAttempt', (side) => ({ ...step(side), detail: 'nobody knows' }));
  const versions = { promotedVersion: random.pick(['2', '3']), previousVersion: random.pick(['1', '2']) };
  if (act === 'promote') await round.ask('promoteAttempt', (side) => ({ ...step(side), ...versions }));
  const more = { ...random.pick([{}, { dueAgainMs: 3 * DAY_MS }]), wantsSearch: random.chance(0.5) };
  if (act === 'finish') await round.ask('finishAttempt', (side) => ({ ...step(side), end: from === 'promoted' ? 'done' : 'abandoned', ...more }));
  if (act === 'resolve') await resolve(round, step, known.place);
  if (act === 'look') {
    await round.ask('listBlockedToLookAt', () => ({ limit: 10 }));
    await round.ask('beginLook', step);
    await round.ask('listLongWaits', () => ({ limit: 10 }));
    await round.ask('endLongWait', step);
  }
}

/** A person's request, mostly for what is planned; now and then for something else, one that was begun already, or none. */
async function request(round: Round, place: Place, reason: string): Promise<{ readonly real: string; readonly model: string } | null> {
  const random = round.random;
  if (random.chance(0.1)) return null;
  if (round.request && random.chance(0.2)) return round.request;
  const kind = random.chance(0.9) && reason !== 'due' && reason !== 'restored' ? reason : 'compromise';
  const version = kind === 'rollback' ? { chosenVersion: random.pick(['1', '2']) } : {};
  const { real, model } = await round.ask('requestRotation', () => ({ ...place, kind, ...version, actor: 'person:os:somebody', reason: 'said so' }));
  round.request = { real: (real as { requestId: string }).requestId, model: (model as { requestId: string }).requestId };
  return round.request;
}

async function resolve(round: Round, step: (side: 'real' | 'model') => object, place: Place): Promise<void> {
  const successorId = randomUUID();
  const resolution = (side: 'real' | 'model') => ({ ...step(side), detail: 'a person decided' });
  const tells = round.random.pick([{}, { tells: 'people' }]);
  if (round.random.chance(0.4)) return void (await round.ask('resolveAsUnchanged', (side) => ({ ...resolution(side), dueAgainMs: DAY_MS, ...tells })));
  if (round.random.chance(0.3)) return void (await round.ask('resolveAsFound', (side) => ({ ...resolution(side), found: 'version:2' })));
  const { real: announced } = await round.ask('announceSuccessor', (side) => ({
    ...resolution(side),
    successor: { attemptId: successorId, baseVersion: '1' },
  }));
  if (announced) round.attempts.push({ id: successorId, place });
  await round.ask('resolveBySuccessor', (side) => ({ ...resolution(side), successorId }));
}
