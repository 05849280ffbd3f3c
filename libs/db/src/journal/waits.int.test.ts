import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeEndpoint, openTestDatabase, plannedAttempt, type TestDatabase } from '../testing.fixture.ts';
import { advanceAttempt, blockAttempt, resumeAttempt, type Wait, waitAttempt } from './advance.ts';
import { endLongWait, listLongWaits } from './long-waits.ts';
import { getAttempt } from './open.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

interface Held {
  readonly attemptId: string;
  readonly orgId: string;
  readonly fence: bigint;
}
async function submitting(): Promise<Held> {
  const endpoint = await makeEndpoint(t.db);
  const attempt = { ...(await plannedAttempt(t.rotator, endpoint)), orgId: endpoint.orgId };
  await advanceAttempt(t.rotator, { ...attempt, from: 'planned', to: 'staged' });
  await advanceAttempt(t.rotator, { ...attempt, from: 'staged', to: 'submitting', set: { submitDeadlineMs: 1 } });
  return attempt;
}

/** How long it waits from now on, in whole seconds of Postgres's clock. */
async function wait(attempt: Held, given: Wait, from: 'submitting' | 'waiting' = 'submitting'): Promise<number> {
  expect(await waitAttempt(t.rotator, { ...attempt, ...given, from, detail: 'x' })).toBe(true);
  const [row] = await t.sql<{ seconds: number }>(
    `SELECT round(extract(epoch FROM waiting_until - updated_at))::int AS seconds FROM rotation_attempt WHERE id = $1`,
    [attempt.attemptId],
  );
  return row?.seconds ?? Number.NaN;
}
/** Lets time pass for an attempt. */
const pass = (attempt: Held, seconds: number) =>
  t.sql(
    `UPDATE rotation_attempt SET held_since = held_since - $2 * interval '1 s', waiting_until = waiting_until - $2 * interval '1 s', submit_deadline_at = submit_deadline_at - $2 * interval '1 s' WHERE id = $1`,
    [attempt.attemptId, seconds],
  );
const resume = (attempt: Held) => resumeAttempt(t.rotator, attempt);

describe('a wait', () => {
  test('of a given time lasts that, the first time', async () => {
    expect(await wait(await submitting(), { untilMs: 90_000 })).toBe(90);
  });

  test.each([
    ['an hour', {}, 3_600],
    ['a day, where that is said', { growsToMs: DAY_MS }, DAY_MS / 1_000],
  ])('grows with the time for which nothing has moved, to %s and no further', async (_, given, longest) => {
    const attempt = await submitting();
    let held = 0;
    const waits: number[] = [];
    for (let round = 0; round < 15; round += 1) {
      const seconds = await wait(attempt, { untilMs: 60_000, ...given });
      waits.push(seconds);
      await pass(attempt, seconds + 1);
      held += seconds + 1;
      const resumed = await resume(attempt);
      expect(resumed?.state).toBe('submitting');
      expect(resumed?.heldMs).toBeGreaterThanOrEqual(held * 1_000);
    }
    for (const [round, seconds] of waits.entries()) expect(seconds).toBeGreaterThanOrEqual(waits[round - 1] ?? 60);
    expect(waits[0]).toBe(60);
    expect(waits[1]).toBeGreaterThanOrEqual(61);
    expect(waits.at(-1)).toBe(longest);
  });

  test('that is longer than a day by itself stays so', async () => {
    expect(await wait(await submitting(), { untilMs: 2 * DAY_MS })).toBe(172_800);
  });

  test('until a moment that is far away is looked at again within an hour', async () => {
    const [near, far] = [await submitting(), await submitting()];
    const inMinutes = async (minutes: number) =>
      (await t.sql<{ at: Date }>(`SELECT clock_timestamp() + make_interval(mins => $1) AS at`, [minutes]))[0]?.at ?? new Date();
    const until = await inMinutes(30);
    await wait(near, { until });
    expect((await getAttempt(t.rotator, near))?.waitingUntil).toEqual(until);
    expect(await wait(far, { until: await inMinutes(3 * 24 * 60) })).toBe(3_600);
  });

  test('after a submit that is long past is counted from now', async () => {
    const attempt = await submitting();
    await pass(attempt, 86_400);
    expect(await wait(attempt, { afterSubmitMs: 5_000 })).toBe(5);
  });

  test('that is prolonged remembers since when nothing has moved', async () => {
    const attempt = await submitting();
    await wait(attempt, { untilMs: 1_000 });
    const since = (await getAttempt(t.rotator, attempt))?.heldSince;
    expect(since).toBeInstanceOf(Date);
    await wait(attempt, { untilMs: 1_000 }, 'waiting');
    expect((await getAttempt(t.rotator, attempt))?.heldSince).toEqual(since);
  });
});

describe('since when nothing has moved', () => {
  test('is kept over a state that is only noted again, and forgotten with the next one', async () => {
    const attempt = await submitting();
    await wait(attempt, { untilMs: 0 });
    expect(await resume(attempt)).toMatchObject({ state: 'submitting' });
    await advanceAttempt(t.rotator, { ...attempt, from: 'submitting', to: 'submitting', set: { failedSubmits: 1 } });
    expect((await getAttempt(t.rotator, attempt))?.heldSince).toBeInstanceOf(Date);
    await advanceAttempt(t.rotator, { ...attempt, from: 'submitting', to: 'applied' });
    expect((await getAttempt(t.rotator, attempt))?.heldSince).toBeNull();
  });

  test('is nothing for an attempt that never waited, or that a person is to decide about', async () => {
    const attempt = await submitting();
    expect((await getAttempt(t.rotator, attempt))?.heldSince).toBeNull();
    await wait(attempt, { untilMs: 60_000 });
    expect(await blockAttempt(t.rotator, { ...attempt, from: 'waiting', detail: 'x' })).toBe(true);
    expect(await getAttempt(t.rotator, attempt)).toMatchObject({ state: 'blocked', heldSince: null });
  });
});

test('the rule by which the portal said no stays until it is taken back', async () => {
  const attempt = await submitting();
  const note = (set: { readonly refusedRule?: string | null; readonly failedSubmits?: number }) =>
    advanceAttempt(t.rotator, { ...attempt, from: 'submitting', to: 'submitting', set });
  const rule = async () => (await getAttempt(t.rotator, attempt))?.refusedRule;
  await note({ refusedRule: 'minlength' });
  await note({ failedSubmits: 2 });
  expect(await rule()).toBe('minlength');
  await note({ refusedRule: null });
  expect(await rule()).toBeNull();
});

test.each(['staged', 'version:7', 'version:AWSCURRENT-abc', 'copy:00000000-0000-4000-8000-000000000000', 'staged/14'])(
  '%s names what was found',
  async (found) => {
    const attempt = await submitting();
    expect(await advanceAttempt(t.rotator, { ...attempt, from: 'submitting', to: 'submitting', set: { found } })).toBe(true);
  },
);

test.each(['hunter2', 'copy:hunter2', 'version:', 'staged/'])('%s names nothing, and is refused', async (found) => {
  const attempt = await submitting();
  await expect(advanceAttempt(t.rotator, { ...attempt, from: 'submitting', to: 'submitting', set: { found } })).rejects.toMatchObject({
    code: 'input_invalid',
  });
});

test('a reason that is none is refused by the schema, so that a misspelt one never counts as scheduled', async () => {
  const { attemptId } = await submitting();
  await expect(t.sql(`UPDATE rotation_attempt SET reason = 'compromised' WHERE id = $1`, [attemptId])).rejects.toMatchObject({ code: '23514' });
});

describe('a rotation that waits for a person', () => {
  const staged = async (): Promise<Held> => {
    const endpoint = await makeEndpoint(t.db);
    const attempt = { ...(await plannedAttempt(t.rotator, endpoint)), orgId: endpoint.orgId };
    await advanceAttempt(t.rotator, { ...attempt, from: 'planned', to: 'staged' });
    return attempt;
  };
  const waitsFor = async (attempt: Held, untilMs: number, from: 'staged' | 'submitting' = 'staged') =>
    waitAttempt(t.rotator, { ...attempt, from, untilMs, growsToMs: DAY_MS, detail: 'x' });
  const isListed = async (attempt: Held) => (await listLongWaits(t.rotator, { limit: 1000 })).some(({ id }) => id === attempt.attemptId);

  test('is listed with what it began with, and its wait is ended', async () => {
    const attempt = await staged();
    await waitsFor(attempt, 2 * HOUR_MS);
    expect(await listLongWaits(t.rotator, { limit: 1000 })).toContainEqual(expect.objectContaining({ id: attempt.attemptId, baseVersion: '1' }));
    expect(await resume(attempt)).toBeNull();
    expect(await endLongWait(t.rotator, attempt)).toBe(true);
    expect(await isListed(attempt)).toBe(false);
    expect(await resume(attempt)).toMatchObject({ state: 'staged' });
    expect(await endLongWait(t.rotator, attempt)).toBe(false);
  });

  test.each<[string, () => Promise<Held>]>([
    [
      'waits for an hour or less',
      async () => {
        const attempt = await staged();
        await waitsFor(attempt, HOUR_MS);
        return attempt;
      },
    ],
    [
      'may have sent something',
      async () => {
        const attempt = await submitting();
        await waitsFor(attempt, 2 * HOUR_MS, 'submitting');
        return attempt;
      },
    ],
  ])('is not meant by one that %s', async (_, made) => {
    const attempt = await made();
    expect(await isListed(attempt)).toBe(false);
    expect(await endLongWait(t.rotator, attempt)).toBe(false);
    expect(await resume(attempt)).toBeNull();
  });

  test('is its own organization’s to end', async () => {
    const attempt = await staged();
    await waitsFor(attempt, 2 * HOUR_MS);
    const { orgId } = await makeEndpoint(t.db);
    expect(await endLongWait(t.rotator, { ...attempt, orgId })).toBe(false);
    expect(await isListed(attempt)).toBe(true);
  });
});
