import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findEndpoint } from '../endpoints/read.ts';
import { releaseLease } from '../leases/upkeep.ts';
import { exclusiveLease, makeEndpoint, openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { advanceAttempt, blockAttempt, resumeAttempt, waitAttempt } from './advance.ts';
import { Attempts } from './attempts.fixture.ts';
import { finishAttempt, promoteAttempt, rotationCounts } from './ends.ts';
import { getAttempt, getOpenAttempt, listAttempts } from './open.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const attempts = new Attempts(() => t);

describe('waiting and blocked', () => {
  test('a wait remembers where it came from, also when it is prolonged, and ends when it is due', async () => {
    const attempt = await attempts.at('submitting');
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
    const attempt = await attempts.at('submitting');
    expect(await waitAttempt(t.rotator, { ...attempt, from: 'submitting', afterSubmitMs: 5_000, detail: 'propagation delay' })).toBe(true);
    const waiting = await getAttempt(t.rotator, attempt);
    const afterwards = (waiting?.waitingUntil?.getTime() ?? 0) - (waiting?.submitDeadlineAt?.getTime() ?? 0);
    expect(afterwards).toBeGreaterThanOrEqual(5_000);
    // Longer by what the second question took longer to get there than the first, of which Postgres cannot tell whether a clock was set.
    expect(afterwards).toBeLessThan(305_000);
  });

  test('a blocked attempt stays open, and its endpoint says failed', async () => {
    const attempt = await attempts.at('applied');
    expect(await blockAttempt(t.rotator, { ...attempt, from: 'applied', detail: 'neither password' })).toBe(true);
    expect(await getAttempt(t.rotator, attempt)).toMatchObject({ state: 'blocked', waitingFrom: 'applied', endedAt: null });
    expect(await findEndpoint(t.rotator, attempt)).toMatchObject({ rotationStatus: 'failed' });
    expect(await getOpenAttempt(t.rotator, attempt)).toMatchObject({ id: attempt.attemptId });
  });
});

describe('the ends', () => {
  test('promotion changes state and version of every endpoint with the secret in one transaction, and may be repeated', async () => {
    const attempt = await attempts.at('verified');
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
      const attempt = await attempts.at(state);
      expect(await promoteAttempt(t.rotator, { ...attempt, promotedVersion: '2', previousVersion: '1' })).toBe(false);
      expect(await attempts.stateOf(attempt)).toBe(state);
    }
  });

  test('if the endpoint cannot be written, the attempt is not promoted either', async () => {
    const attempt = await attempts.at('verified');
    await t.sql(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$`);
    await t.sql(`CREATE TRIGGER refuse BEFORE UPDATE OF current_version ON integration_endpoint EXECUTE FUNCTION refuse()`);
    await expect(promoteAttempt(t.rotator, { ...attempt, promotedVersion: '2', previousVersion: '1' })).rejects.toThrow();
    await t.sql('DROP TRIGGER refuse ON integration_endpoint');
    expect(await attempts.stateOf(attempt)).toBe('verified');
  });

  test('done sets the dates and frees the login for the next attempt', async () => {
    const attempt = await attempts.at('verified');
    await promoteAttempt(t.rotator, { ...attempt, promotedVersion: '2', previousVersion: '1' });
    const done = { ...attempt, from: 'promoted', end: 'done' } as const;
    expect(await finishAttempt(t.rotator, done)).toBe(true);
    expect(await finishAttempt(t.rotator, done)).toBe(true);
    const endpoint = await findEndpoint(t.rotator, attempt);
    expect(endpoint).toMatchObject({ rotationStatus: 'active', lastRotatedAt: expect.any(Date) });
    expect((endpoint?.nextRotationAt?.getTime() ?? 0) - Date.now()).toBeGreaterThan(59.9 * 86_400_000);
    await releaseLease(t.rotator, attempt);
    expect(await attempts.plan(attempt, await exclusiveLease(t.rotator, attempt), { baseVersion: '2' })).toMatchObject({ created: true });
  });

  test('abandoned leaves the dates, unless told when it is due again, by Postgres’s clock', async () => {
    const [left, told] = [await attempts.at('staged'), await attempts.at('staged')];
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

  test('abandoned without having looked wants a search where a login of the attempt was refused and nobody has got in since', async () => {
    const wants = async (logins: readonly { readonly effect: string; readonly proved?: true; readonly by?: 'somebody' }[], wantsSearch = true) => {
      const attempt = await attempts.at('staged');
      for (const { effect, proved = false, by } of logins)
        await t.sql(
          `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, finished_at, outcome, effect, proved, rotation_attempt_id)
           VALUES ($1, $2, $3, $4, 'rotator', '1', clock_timestamp(), clock_timestamp(), $5, $6, $7, $8)`,
          [
            ...[attempt.loginIdentity, attempt.orgId, attempt.endpointId, attempt.leaseId],
            ...[proved ? 'accepted' : 'rejected', effect, proved, by ? null : attempt.attemptId],
          ],
        );
      await finishAttempt(t.rotator, { ...attempt, from: 'staged', end: 'abandoned', wantsSearch });
      return (await t.sql(`SELECT FROM integration_endpoint WHERE id = $1 AND search_wanted_at IS NOT NULL`, [attempt.endpointId])).length > 0;
    };
    expect(await wants([{ effect: 'suspect' }])).toBe(true);
    expect(await wants([{ effect: 'none', proved: true }, { effect: 'bad' }])).toBe(true);
    expect(await wants([{ effect: 'suspect' }], false)).toBe(false);
    expect(await wants([{ effect: 'suspect' }, { effect: 'none', proved: true }])).toBe(false);
    expect(await wants([{ effect: 'provisional' }])).toBe(false);
    expect(await wants([{ effect: 'suspect', by: 'somebody' }])).toBe(false);
  });

  test('what the portal accepts and is not our own copy is told with the promotion', async () => {
    for (const [found, kinds] of [
      ['staged', []],
      ['version:0', ['found']],
      ['staged/14', ['found']],
    ] as const) {
      const attempt = await attempts.at('submitting');
      expect(await advanceAttempt(t.rotator, { ...attempt, from: 'submitting', to: 'verified', set: { found } })).toBe(true);
      expect(await promoteAttempt(t.rotator, { ...attempt, promotedVersion: '2', previousVersion: '1' })).toBe(true);
      const notifications = await t.sql<{ kind: string }>('SELECT kind FROM notice WHERE attempt_id = $1', [attempt.attemptId]);
      expect(notifications.map(({ kind }) => kind)).toEqual(kinds);
      expect(await getAttempt(t.rotator, attempt)).toMatchObject({ found });
    }
  });

  test('an attempt that promoted another password than its own ends as abandoned, and its login still waits for a new one', async () => {
    const attempt = await attempts.at('verified');
    const before = await findEndpoint(t.rotator, attempt);
    await promoteAttempt(t.rotator, { ...attempt, promotedVersion: '2', previousVersion: '1' });
    expect(await finishAttempt(t.rotator, { ...attempt, from: 'promoted', end: 'abandoned' })).toBe(true);
    expect(await getAttempt(t.rotator, attempt)).toMatchObject({ state: 'abandoned', promotedVersion: '2' });
    expect(await findEndpoint(t.rotator, attempt)).toMatchObject({ currentVersion: '2', rotationStatus: 'active', lastRotatedAt: before?.lastRotatedAt });
  });

  test('are counted', async () => {
    const before = await rotationCounts(t.rotator);
    const [a, b] = [await attempts.at('staged'), await attempts.at('staged')];
    await finishAttempt(t.rotator, { ...a, from: 'staged', end: 'abandoned' });
    await blockAttempt(t.rotator, { ...b, from: 'staged', detail: 'x' });
    await attempts.planned();
    expect(await rotationCounts(t.rotator)).toEqual({ done: before.done, abandoned: before.abandoned + 1, blocked: before.blocked + 1, open: before.open + 1 });
    expect((await listAttempts(t.rotator, { limit: 1, states: ['blocked'] }))[0]).toMatchObject({ id: b.attemptId });
  });
});
