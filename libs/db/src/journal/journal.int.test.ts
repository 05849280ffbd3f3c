import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findEndpoint } from '../endpoints/read.ts';
import { releaseLease } from '../leases/upkeep.ts';
import { exclusiveLease, makeEndpoint, openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { advanceAttempt, blockAttempt, waitAttempt } from './advance.ts';
import { Attempts } from './attempts.fixture.ts';
import { finishAttempt, promoteAttempt } from './ends.ts';
import { adoptAttempt, getAttempt, getOpenAttempt, listOpenAttempts } from './open.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const attempts = new Attempts(() => t);

describe('planning', () => {
  test('needs the live exclusive lease and its fence', async () => {
    const endpoint = await makeEndpoint(t.db);
    const lease = await exclusiveLease(t.rotator, endpoint);
    await expect(attempts.plan(endpoint, { ...lease, fence: lease.fence + 1n })).rejects.toMatchObject({ code: 'lease_lost' });
    await t.sql('UPDATE login_lease SET expires_at = clock_timestamp() WHERE id = $1', [lease.id]);
    await expect(attempts.plan(endpoint, lease)).rejects.toMatchObject({ code: 'lease_lost' });
  });

  test('repeated, it returns what it planned; a second attempt of the login is not created', async () => {
    const endpoint = await makeEndpoint(t.db);
    const lease = await exclusiveLease(t.rotator, endpoint);
    const attemptId = randomUUID();
    const first = await attempts.plan(endpoint, lease, { attemptId });
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
    expect(await attempts.plan(endpoint, lease, { attemptId })).toEqual(first);
    expect(await attempts.plan(endpoint, lease)).toMatchObject({ created: false, open: { id: attemptId } });
    expect(await findEndpoint(t.rotator, endpoint)).toMatchObject({ rotationStatus: 'pending' });
    expect(await getOpenAttempt(t.rotator, endpoint)).toMatchObject({ id: attemptId });
  });

  test('not where the row no longer has the version that was read', async () => {
    const endpoint = await makeEndpoint(t.db);
    expect(await attempts.plan(endpoint, await exclusiveLease(t.rotator, endpoint), { baseVersion: '0' })).toEqual({ created: false, open: null });
  });

  test('the database itself keeps a second open attempt out', async () => {
    const { attemptId } = await attempts.planned();
    const copy = `INSERT INTO rotation_attempt SELECT (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid()))).* FROM rotation_attempt a WHERE id = $1`;
    await expect(t.sql(copy, [attemptId])).rejects.toMatchObject({ code: '23505', constraint: 'rotation_attempt_one_open' });
  });
});

describe('steps', () => {
  test('one that the journal does not have is refused loudly, one from another state quietly', async () => {
    const attempt = await attempts.planned();
    await expect(advanceAttempt(t.rotator, { ...attempt, from: 'planned', to: 'applied' })).rejects.toMatchObject({ code: 'input_invalid' });
    await expect(advanceAttempt(t.rotator, { ...attempt, from: 'verified', to: 'promoted' })).rejects.toMatchObject({ code: 'input_invalid' });
    await expect(finishAttempt(t.rotator, { ...attempt, from: 'applied', end: 'done' })).rejects.toMatchObject({ code: 'input_invalid' });
    expect(await advanceAttempt(t.rotator, { ...attempt, from: 'submitting', to: 'applied' })).toBe(false);
    expect(await attempts.stateOf(attempt)).toBe('planned');
  });

  test('only with the attempt’s own fence, in every writer', async () => {
    const attempt = await attempts.at('verified');
    const other = { ...attempt, fence: attempt.fence + 1n };
    expect(await advanceAttempt(t.rotator, { ...other, from: 'verified', to: 'verified' })).toBe(false);
    expect(await waitAttempt(t.rotator, { ...other, from: 'verified', untilMs: 1, detail: 'x' })).toBe(false);
    expect(await blockAttempt(t.rotator, { ...other, from: 'verified', detail: 'x' })).toBe(false);
    expect(await promoteAttempt(t.rotator, { ...other, promotedVersion: '2', previousVersion: '1' })).toBe(false);
    expect(await attempts.stateOf(attempt)).toBe('verified');
    expect(await findEndpoint(t.rotator, attempt)).toMatchObject({ currentVersion: '1' });
  });

  test('into submitting only with more life in the lease than the submit deadline', async () => {
    const attempt = await attempts.at('staged');
    await expect(advanceAttempt(t.rotator, { ...attempt, from: 'staged', to: 'submitting' })).rejects.toMatchObject({ code: 'input_invalid' });
    expect(await advanceAttempt(t.rotator, { ...attempt, from: 'staged', to: 'submitting', set: { submitDeadlineMs: 600_000 } })).toBe(false);
    expect(await attempts.stateOf(attempt)).toBe('staged');
    expect(
      await advanceAttempt(t.rotator, { ...attempt, from: 'staged', to: 'submitting', set: { submitDeadlineMs: 20_000, detail: 'now', failedSubmits: 2 } }),
    ).toBe(true);
    expect(await getAttempt(t.rotator, attempt)).toMatchObject({ detail: 'now', failedSubmits: 2, submitDeadlineAt: expect.any(Date) });
  });

  test('into submitting also where nothing was ever submitted: the portal accepted another password, and then not', async () => {
    const attempt = await attempts.at('staged');
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
    const attempt = await attempts.planned();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => advanceAttempt(t.another('rcm_rotator'), { ...attempt, from: 'planned', to: 'staged' })),
    );
    expect(answers.filter(Boolean)).toHaveLength(1);
  });
});

describe('after a crash', () => {
  test('an attempt is adopted only upwards and only under a live lease; its old owner is out', async () => {
    const attempt = await attempts.at('applied');
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
    const [held, crashed, waits, due, blocked] = [
      await attempts.at('staged'),
      await attempts.at('submitting'),
      await attempts.at('staged'),
      await attempts.at('staged'),
      await attempts.at('staged'),
    ];
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
    const [older, newer] = [await attempts.at('staged'), await attempts.at('staged')];
    await waitAttempt(t.rotator, { ...older, from: 'staged', untilMs: 0, detail: 'x' });
    for (const attempt of [older, newer]) await releaseLease(t.rotator, attempt);
    expect((await gone()).filter((id) => id === older.attemptId || id === newer.attemptId)).toEqual([newer.attemptId, older.attemptId]);
  });
});

test('a state, a reference or an end that the schema does not know is refused by it', async () => {
  const { attemptId } = await attempts.planned();
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
});
