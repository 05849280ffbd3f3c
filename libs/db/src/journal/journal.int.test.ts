import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findEndpoint } from '../endpoints/read.ts';
import { releaseLease } from '../leases/upkeep.ts';
import { exclusiveLease, makeEndpoint, openTestDatabase, plannedAttempt, secretOf, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { advanceAttempt, blockAttempt, resumeAttempt, waitAttempt } from './advance.ts';
import type { AttemptState } from './attempt.ts';
import { finishAttempt, promoteAttempt, rotationCounts } from './ends.ts';
import { adoptAttempt, getAttempt, getOpenAttempt, listAttempts, listOpenAttempts, planRotation } from './open.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

interface Planned extends TestEndpoint {
  readonly attemptId: string;
  readonly fence: bigint;
  readonly leaseId: string;
}
const planned = async (): Promise<Planned> => {
  const endpoint = await makeEndpoint(t.db);
  return { ...endpoint, ...(await plannedAttempt(t.rotator, endpoint)) };
};
const PATH: readonly AttemptState[] = ['planned', 'staged', 'submitting', 'applied', 'verified'];
/** Walks an attempt to a state by the steps of the journal. */
async function at(state: AttemptState): Promise<Planned> {
  const attempt = await planned();
  for (let i = 1; i <= PATH.indexOf(state); i += 1) {
    const [from, to] = [PATH[i - 1] ?? 'planned', PATH[i] ?? 'planned'];
    expect(await advanceAttempt(t.rotator, { ...attempt, from, to, set: to === 'submitting' ? { submitDeadlineMs: 20_000 } : {} })).toBe(true);
  }
  return attempt;
}
const stateOf = async ({ attemptId }: Planned) => (await getAttempt(t.rotator, { attemptId }))?.state;
const plan = (endpoint: TestEndpoint, lease: { id: string; fence: bigint }, rest: object = {}) =>
  planRotation(t.rotator, {
    attemptId: randomUUID(),
    leaseId: lease.id,
    fence: lease.fence,
    endpointId: endpoint.endpointId,
    orgId: endpoint.orgId,
    owner: 'rotator',
    reason: 'due',
    baseVersion: '1',
    recipeHash: 'h',
    ...rest,
  });

describe('planning', () => {
  test('needs the live exclusive lease and its fence', async () => {
    const endpoint = await makeEndpoint(t.db);
    const lease = await exclusiveLease(t.rotator, endpoint);
    await expect(plan(endpoint, { ...lease, fence: lease.fence + 1n })).rejects.toMatchObject({ code: 'lease_lost' });
    await t.sql('UPDATE login_lease SET expires_at = clock_timestamp() WHERE id = $1', [lease.id]);
    await expect(plan(endpoint, lease)).rejects.toMatchObject({ code: 'lease_lost' });
  });

  test('repeated, it returns what it planned; a second attempt of the login is not created', async () => {
    const endpoint = await makeEndpoint(t.db);
    const lease = await exclusiveLease(t.rotator, endpoint);
    const attemptId = randomUUID();
    const first = await plan(endpoint, lease, { attemptId });
    expect(first).toMatchObject({
      created: true,
      attempt: {
        id: attemptId,
        state: 'planned',
        secretArn: endpoint.secretArn,
        fence: lease.fence,
        journalVersion: 2,
        found: null,
        refusedRule: null,
        heldSince: null,
      },
    });
    expect(await plan(endpoint, lease, { attemptId })).toEqual(first);
    expect(await plan(endpoint, lease)).toMatchObject({ created: false, open: { id: attemptId } });
    expect(await findEndpoint(t.rotator, endpoint)).toMatchObject({ rotationStatus: 'pending' });
    expect(await getOpenAttempt(t.rotator, endpoint)).toMatchObject({ id: attemptId });
  });

  test('not where the row no longer has the version that was read', async () => {
    const endpoint = await makeEndpoint(t.db);
    expect(await plan(endpoint, await exclusiveLease(t.rotator, endpoint), { baseVersion: '0' })).toEqual({ created: false, open: null });
  });

  test('the database itself keeps a second open attempt out', async () => {
    const { attemptId } = await planned();
    const copy = `INSERT INTO rotation_attempt SELECT (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid()))).* FROM rotation_attempt a WHERE id = $1`;
    await expect(t.sql(copy, [attemptId])).rejects.toMatchObject({ code: '23505', constraint: 'rotation_attempt_one_open' });
  });
});

describe('steps', () => {
  test('one that the journal does not have is refused loudly, one from another state quietly', async () => {
    const attempt = await planned();
    await expect(advanceAttempt(t.rotator, { ...attempt, from: 'planned', to: 'applied' })).rejects.toMatchObject({ code: 'input_invalid' });
    await expect(advanceAttempt(t.rotator, { ...attempt, from: 'verified', to: 'promoted' })).rejects.toMatchObject({ code: 'input_invalid' });
    await expect(finishAttempt(t.rotator, { ...attempt, from: 'applied', end: 'done' })).rejects.toMatchObject({ code: 'input_invalid' });
    expect(await advanceAttempt(t.rotator, { ...attempt, from: 'submitting', to: 'applied' })).toBe(false);
    expect(await stateOf(attempt)).toBe('planned');
  });

  test('only with the attempt’s own fence, in every writer', async () => {
    const attempt = await at('verified');
    const other = { ...attempt, fence: attempt.fence + 1n };
    expect(await advanceAttempt(t.rotator, { ...other, from: 'verified', to: 'verified' })).toBe(false);
    expect(await waitAttempt(t.rotator, { ...other, from: 'verified', untilMs: 1, detail: 'x' })).toBe(false);
    expect(await blockAttempt(t.rotator, { ...other, from: 'verified', detail: 'x' })).toBe(false);
    expect(await promoteAttempt(t.rotator, { ...other, promotedVersion: '2', previousVersion: '1' })).toBe(false);
    expect(await stateOf(attempt)).toBe('verified');
    expect(await findEndpoint(t.rotator, attempt)).toMatchObject({ currentVersion: '1' });
  });

  test('into submitting only with more life in the lease than the submit deadline', async () => {
    const attempt = await at('staged');
    await expect(advanceAttempt(t.rotator, { ...attempt, from: 'staged', to: 'submitting' })).rejects.toMatchObject({ code: 'input_invalid' });
    expect(await advanceAttempt(t.rotator, { ...attempt, from: 'staged', to: 'submitting', set: { submitDeadlineMs: 600_000 } })).toBe(false);
    expect(await stateOf(attempt)).toBe('staged');
    expect(await advanceAttempt(t.rotator, { ...attempt, from: 'staged', to: 'submitting', set: { submitDeadlineMs: 20_000, detail: 'now', probes: 2 } })).toBe(
      true,
    );
    expect(await getAttempt(t.rotator, attempt)).toMatchObject({ detail: 'now', probes: 2, submitDeadlineAt: expect.any(Date) });
  });

  test('into submitting also where nothing was ever submitted: the portal accepted another password, and then not', async () => {
    const attempt = await at('staged');
    const found = 'copy:00000000-0000-4000-8000-000000000000';
    expect(await advanceAttempt(t.rotator, { ...attempt, from: 'staged', to: 'verified', set: { found } })).toBe(true);
    expect(await advanceAttempt(t.rotator, { ...attempt, from: 'verified', to: 'applied', set: { previousVersion: '2' } })).toBe(true);
    expect(await advanceAttempt(t.rotator, { ...attempt, from: 'applied', to: 'submitting' })).toBe(true);
    const [row] = await t.sql<{ past: boolean }>('SELECT submit_deadline_at <= clock_timestamp() AS past FROM rotation_attempt WHERE id = $1', [
      attempt.attemptId,
    ]);
    expect(row).toEqual({ past: true });
  });

  test('of two owners that step at once, one gets through', async () => {
    const attempt = await planned();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => advanceAttempt(t.another('rcm_rotator'), { ...attempt, from: 'planned', to: 'staged' })),
    );
    expect(answers.filter(Boolean)).toHaveLength(1);
  });
});

describe('waiting and blocked', () => {
  test('a wait remembers where it came from, also when it is prolonged, and ends when it is due', async () => {
    const attempt = await at('submitting');
    expect(await waitAttempt(t.rotator, { ...attempt, from: 'submitting', untilMs: 60_000, detail: 'locked' })).toBe(true);
    expect(await waitAttempt(t.rotator, { ...attempt, from: 'waiting', until: new Date(Date.now() + 90_000), detail: 'still' })).toBe(true);
    expect(await getAttempt(t.rotator, attempt)).toMatchObject({ state: 'waiting', waitingFrom: 'submitting', detail: 'still' });
    expect(await resumeAttempt(t.rotator, attempt)).toBeNull();
    await t.sql('UPDATE rotation_attempt SET waiting_until = clock_timestamp() WHERE id = $1', [attempt.attemptId]);
    expect(await resumeAttempt(t.rotator, { ...attempt, fence: attempt.fence - 1n })).toBeNull();
    expect(await resumeAttempt(t.rotator, attempt)).toMatchObject({ state: 'submitting' });
    expect(await getAttempt(t.rotator, attempt)).toMatchObject({ state: 'submitting', waitingFrom: null, waitingUntil: null });
  });

  test('a wait after a submit is counted from the submit deadline, by Postgres’s clock', async () => {
    const attempt = await at('submitting');
    expect(await waitAttempt(t.rotator, { ...attempt, from: 'submitting', afterSubmitMs: 5_000, detail: 'propagation delay' })).toBe(true);
    const waiting = await getAttempt(t.rotator, attempt);
    expect((waiting?.waitingUntil?.getTime() ?? 0) - (waiting?.submitDeadlineAt?.getTime() ?? 0)).toBe(5_000);
  });

  test('a blocked attempt stays open, and its endpoint says failed', async () => {
    const attempt = await at('applied');
    expect(await blockAttempt(t.rotator, { ...attempt, from: 'applied', detail: 'neither password' })).toBe(true);
    expect(await getAttempt(t.rotator, attempt)).toMatchObject({ state: 'blocked', waitingFrom: 'applied', endedAt: null });
    expect(await findEndpoint(t.rotator, attempt)).toMatchObject({ rotationStatus: 'failed' });
    expect(await getOpenAttempt(t.rotator, attempt)).toMatchObject({ id: attempt.attemptId });
  });
});

describe('the ends', () => {
  test('promotion changes state and version of every endpoint with the secret in one transaction, and may be repeated', async () => {
    const attempt = await at('verified');
    const sharing = await makeEndpoint(t.db, { orgId: attempt.orgId, secretArn: attempt.secretArn, loginIdentity: attempt.loginIdentity });
    const elsewhere = await makeEndpoint(t.db, { secretArn: attempt.secretArn });
    const step = { ...attempt, promotedVersion: '2', previousVersion: '1' };
    expect(await promoteAttempt(t.rotator, step)).toBe(true);
    expect(await promoteAttempt(t.rotator, step)).toBe(true);
    expect(await promoteAttempt(t.rotator, { ...step, promotedVersion: '3' })).toBe(false);
    for (const endpoint of [attempt, sharing]) expect(await findEndpoint(t.rotator, endpoint)).toMatchObject({ currentVersion: '2' });
    expect(await findEndpoint(t.rotator, elsewhere)).toMatchObject({ currentVersion: '1' });
    expect(await getAttempt(t.rotator, attempt)).toMatchObject({ state: 'promoted', promotedVersion: '2', previousVersion: '1' });
  });

  test('nothing is promoted that was not verified', async () => {
    for (const state of ['staged', 'submitting', 'applied'] as const) {
      const attempt = await at(state);
      expect(await promoteAttempt(t.rotator, { ...attempt, promotedVersion: '2', previousVersion: '1' })).toBe(false);
      expect(await stateOf(attempt)).toBe(state);
    }
  });

  test('if the endpoint cannot be written, the attempt is not promoted either', async () => {
    const attempt = await at('verified');
    await t.sql(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$`);
    await t.sql(`CREATE TRIGGER refuse BEFORE UPDATE OF current_version ON integration_endpoint EXECUTE FUNCTION refuse()`);
    await expect(promoteAttempt(t.rotator, { ...attempt, promotedVersion: '2', previousVersion: '1' })).rejects.toThrow();
    await t.sql('DROP TRIGGER refuse ON integration_endpoint');
    expect(await stateOf(attempt)).toBe('verified');
  });

  test('done sets the dates and frees the login for the next attempt', async () => {
    const attempt = await at('verified');
    await promoteAttempt(t.rotator, { ...attempt, promotedVersion: '2', previousVersion: '1' });
    const done = { ...attempt, from: 'promoted', end: 'done' } as const;
    expect(await finishAttempt(t.rotator, done)).toBe(true);
    expect(await finishAttempt(t.rotator, done)).toBe(true);
    const endpoint = await findEndpoint(t.rotator, attempt);
    expect(endpoint).toMatchObject({ rotationStatus: 'active', lastRotatedAt: expect.any(Date) });
    expect((endpoint?.nextRotationAt?.getTime() ?? 0) - Date.now()).toBeGreaterThan(59.9 * 86_400_000);
    await releaseLease(t.rotator, attempt);
    expect(await plan(attempt, await exclusiveLease(t.rotator, attempt), { baseVersion: '2' })).toMatchObject({ created: true });
  });

  test('abandoned leaves the dates, unless told when it is due again, by Postgres’s clock', async () => {
    const [left, told] = [await at('staged'), await at('staged')];
    const [before, beforeTold] = [await findEndpoint(t.rotator, left), await findEndpoint(t.rotator, told)];
    expect(await finishAttempt(t.rotator, { ...left, from: 'staged', end: 'abandoned', detail: 'paused' })).toBe(true);
    expect(await findEndpoint(t.rotator, left)).toEqual({ ...before, rotationStatus: 'active' });
    expect(await finishAttempt(t.rotator, { ...told, from: 'staged', end: 'abandoned', detail: 'paused', dueAgainMs: 3_600_000 })).toBe(true);
    expect(await findEndpoint(t.rotator, told)).toMatchObject({ rotationStatus: 'active', lastRotatedAt: beforeTold?.lastRotatedAt });
    const [coolDown] = await t.sql<{ after: number; same: boolean }>(
      `SELECT round(extract(epoch FROM e.next_rotation_at - a.ended_at))::int AS after, e.rotation_not_before = e.next_rotation_at AS same
         FROM integration_endpoint e JOIN rotation_attempt a ON a.endpoint_id = e.id WHERE e.id = $1`,
      [told.endpointId],
    );
    expect(coolDown).toEqual({ after: 3_600, same: true });
  });

  test('what the portal accepts and is not our own copy is told with the promotion', async () => {
    for (const [found, kinds] of [
      ['staged', []],
      ['version:0', ['found']],
      ['staged/14', ['found']],
    ] as const) {
      const attempt = await at('submitting');
      expect(await advanceAttempt(t.rotator, { ...attempt, from: 'submitting', to: 'verified', set: { found } })).toBe(true);
      expect(await promoteAttempt(t.rotator, { ...attempt, promotedVersion: '2', previousVersion: '1' })).toBe(true);
      const notifications = await t.sql<{ kind: string }>('SELECT kind FROM notice WHERE attempt_id = $1', [attempt.attemptId]);
      expect(notifications.map(({ kind }) => kind)).toEqual(kinds);
      expect(await getAttempt(t.rotator, attempt)).toMatchObject({ found });
    }
  });

  test('an attempt that promoted another password than its own ends as abandoned, and its login still waits for a new one', async () => {
    const attempt = await at('verified');
    const before = await findEndpoint(t.rotator, attempt);
    await promoteAttempt(t.rotator, { ...attempt, promotedVersion: '2', previousVersion: '1' });
    expect(await finishAttempt(t.rotator, { ...attempt, from: 'promoted', end: 'abandoned' })).toBe(true);
    expect(await getAttempt(t.rotator, attempt)).toMatchObject({ state: 'abandoned', promotedVersion: '2' });
    expect(await findEndpoint(t.rotator, attempt)).toMatchObject({ currentVersion: '2', rotationStatus: 'active', lastRotatedAt: before?.lastRotatedAt });
  });

  test('are counted', async () => {
    const before = await rotationCounts(t.rotator);
    const [a, b] = [await at('staged'), await at('staged')];
    await finishAttempt(t.rotator, { ...a, from: 'staged', end: 'abandoned' });
    await blockAttempt(t.rotator, { ...b, from: 'staged', detail: 'x' });
    await planned();
    expect(await rotationCounts(t.rotator)).toEqual({ done: before.done, abandoned: before.abandoned + 1, blocked: before.blocked + 1, open: before.open + 1 });
    expect((await listAttempts(t.rotator, { limit: 1, states: ['blocked'] }))[0]).toMatchObject({ id: b.attemptId });
  });
});

describe('after a crash', () => {
  test('an attempt is adopted only upwards and only under a live lease; its old owner is out', async () => {
    const attempt = await at('applied');
    const adopt = (fence: bigint, owner = 'recovery') => adoptAttempt(t.rotator, { ...attempt, fence, owner });
    expect(await adopt(attempt.fence + 1n)).toBeNull();
    await t.sql('UPDATE login_lease SET expires_at = clock_timestamp() WHERE id = $1', [attempt.leaseId]);
    const lease = await exclusiveLease(t.rotator, attempt);
    expect(await adopt(attempt.fence)).toBeNull();
    expect(await adopt(lease.fence)).toMatchObject({ id: attempt.attemptId, state: 'applied', fence: lease.fence, owner: 'recovery' });
    expect(await adopt(lease.fence)).toMatchObject({ fence: lease.fence });
    expect(await adopt(lease.fence, 'a third')).toBeNull();
    expect(await advanceAttempt(t.rotator, { ...attempt, from: 'applied', to: 'verified' })).toBe(false);
    expect(await advanceAttempt(t.rotator, { ...attempt, fence: lease.fence, from: 'applied', to: 'verified' })).toBe(true);
  });

  test('the list of what recovery may take up: nobody holds it, nothing to wait for, not blocked', async () => {
    const gone = async () => (await listOpenAttempts(t.rotator, { ownerGone: true, limit: 1000 })).map((attempt) => attempt.id);
    const [held, crashed, waits, due, blocked] = [await at('staged'), await at('submitting'), await at('staged'), await at('staged'), await at('staged')];
    await waitAttempt(t.rotator, { ...waits, from: 'staged', untilMs: 60_000, detail: 'x' });
    await waitAttempt(t.rotator, { ...due, from: 'staged', untilMs: 0, detail: 'x' });
    await blockAttempt(t.rotator, { ...blocked, from: 'staged', detail: 'x' });
    for (const attempt of [crashed, waits, due, blocked]) await releaseLease(t.rotator, attempt);
    const list = await gone();
    expect(list).toEqual(expect.arrayContaining([crashed.attemptId, due.attemptId]));
    for (const { attemptId } of [held, waits, blocked]) expect(list).not.toContain(attemptId);
    expect((await listOpenAttempts(t.rotator, { limit: 1000 })).map((attempt) => attempt.id)).toContain(held.attemptId);
    const behind = (await listOpenAttempts(t.rotator, { ownerGone: true, limit: 1000, after: crashed.attemptId })).map((attempt) => attempt.id);
    expect(behind).toEqual(list.slice(list.indexOf(crashed.attemptId) + 1));
    expect(behind).toContain(due.attemptId);
    expect(await listOpenAttempts(t.rotator, { limit: 1000, after: '00000000-0000-4000-8000-000000000000' })).toEqual([]);
    // By when each could be taken up: one that is older, and whose wait has just ended, comes behind.
    const [older, newer] = [await at('staged'), await at('staged')];
    await waitAttempt(t.rotator, { ...older, from: 'staged', untilMs: 0, detail: 'x' });
    for (const attempt of [older, newer]) await releaseLease(t.rotator, attempt);
    expect((await gone()).filter((id) => id === older.attemptId || id === newer.attemptId)).toEqual([newer.attemptId, older.attemptId]);
  });
});

test('a state, a reference or an end that the schema does not know is refused by it', async () => {
  const { attemptId } = await planned();
  for (const change of [
    `state = 'finished'`,
    `state = 'done'`,
    `state = 'waiting'`,
    `state = 'submitting'`,
    `ended_at = now()`,
    `state = 'promoted'`,
    `waiting_from = 'staged'`,
  ]) {
    await expect(t.sql(`UPDATE rotation_attempt SET ${change} WHERE id = $1`, [attemptId])).rejects.toMatchObject({ code: '23514' });
  }
  await expect(t.sql(`UPDATE rotation_attempt SET org_id = 'other' WHERE id = $1`, [attemptId])).rejects.toMatchObject({ code: '23503' });
  expect(secretOf('a', 'b')).toContain('/a/endpoints/b/');
});
