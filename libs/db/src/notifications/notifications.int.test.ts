import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { setNextRotation } from '../endpoints/schedule.ts';
import { blockAttempt, waitAttempt } from '../journal/advance.ts';
import { promoteAttempt } from '../journal/ends.ts';
import { acquireSharedLease } from '../leases/acquire.ts';
import { beginLoginAttempt, finishLoginAttempt } from '../ledger/attempt.ts';
import { markManualDue } from '../manual/due.ts';
import { makeEndpoint, openTestDatabase, plannedAttempt, printOf, type TestDatabase } from '../testing.fixture.ts';
import { ALLOWED } from '../testing.ts';
import { notifyOfLongWaits } from './long-waits.ts';
import { notifyOfUndecided } from './undecided.ts';
import { claimNotifications, listNotifications, notificationDelivered, notificationFailed, notificationsReturned } from './outbox.ts';
import { pruneNotifications } from './prune.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

const about = async (endpointId: string) =>
  (await listNotifications(t.rotator, { limit: 1000 })).filter((notification) => notification.endpointId === endpointId).map(({ kind }) => kind);
const claim = (channel: string, limit = 1000) => claimNotifications(t.rotator, { channel, claimMs: 60_000, newestMs: 60_000, limit });

describe('a notification', () => {
  test('comes with the state it tells of, or neither comes', async () => {
    const endpoint = await makeEndpoint(t.db);
    const { attemptId, fence } = await plannedAttempt(t.db, endpoint);
    const step = { attemptId, orgId: endpoint.orgId, fence, from: 'planned' as const, detail: 'x' };
    await t.sql(`ALTER TABLE notice ADD CONSTRAINT refused CHECK (endpoint_id <> '${endpoint.endpointId}')`);
    await expect(blockAttempt(t.rotator, step)).rejects.toMatchObject({ code: 'input_invalid' });
    expect((await t.sql(`SELECT state FROM rotation_attempt WHERE id = $1`, [attemptId]))[0]).toEqual({ state: 'planned' });
    await t.sql(`ALTER TABLE notice DROP CONSTRAINT refused`);
    expect(await blockAttempt(t.rotator, step)).toBe(true);
    expect(await about(endpoint.endpointId)).toEqual(['blocked']);
  });

  test('of a locked account is written by whoever met the lock, an agent too, once for all of them', async () => {
    const endpoint = await makeEndpoint(t.db);
    for (let i = 0; i < 2; i += 1) {
      const lease = await acquireSharedLease(t.agent, { ...endpoint, holder: `agent-${i}`, ttlMs: 60_000 });
      if (!lease.granted) throw new Error('no lease');
      const attempt = await beginLoginAttempt(t.agent, {
        ...endpoint,
        leaseId: lease.lease.id,
        actor: 'agent',
        version: '1',
        fingerprints: [printOf('right')],
      });
      if (!attempt.allowed) break;
      await finishLoginAttempt(t.agent, { loginAttemptId: attempt.loginAttemptId, orgId: endpoint.orgId, outcome: 'locked', effect: 'none' });
    }
    expect(await about(endpoint.endpointId)).toEqual(['locked']);
    await expect(listNotifications(t.agent, { limit: 1 })).rejects.toMatchObject({ code: 'database_failed' });
  });

  test('is not silenced by what another organization, or an agent of its own, has written under its key', async () => {
    const [mine, other] = [await makeEndpoint(t.db), await makeEndpoint(t.db)];
    const { attemptId, fence } = await plannedAttempt(t.db, other);
    const key = `blocked:${attemptId}`;
    const write = (orgId: string, endpointId: string, kind: string, dedupKey: string) =>
      t.agent.transaction(
        { tenant: orgId },
        (tx) =>
          tx.$executeRaw`INSERT INTO notice (kind, dedup_key, org_id, endpoint_id) VALUES (${kind}, ${dedupKey}, ${orgId}, ${endpointId}) ON CONFLICT DO NOTHING`,
      );
    for (const [kind, dedupKey] of [
      ['refused', key],
      ['locked', key],
      ['blocked', key],
      ['refused', `refused:${mine.endpointId}:2999-01-01`],
      ['locked', `locked:${mine.loginIdentity}:2999-01-01T00`],
      ['person_wanted', `person_wanted:${mine.loginIdentity}:2999-01-01`],
    ] as const)
      for (const { orgId, endpointId } of [mine, other])
        await expect(write(orgId, endpointId, kind, dedupKey), dedupKey).rejects.toMatchObject({ code: 'database_failed' });
    // As somebody who may write anything for one organization.
    await t.sql(`INSERT INTO notice (kind, dedup_key, org_id, endpoint_id) VALUES ('blocked', $1, $2, $3)`, [key, mine.orgId, mine.endpointId]);
    await blockAttempt(t.rotator, { attemptId, orgId: other.orgId, fence, from: 'planned', detail: 'x' });
    expect(await about(other.endpointId)).toEqual(['blocked']);
  });

  test('of a person’s edit in the middle comes with the promotion onto it, once, and not without an edit', async () => {
    for (const [previousVersion, kinds] of [
      ['1', []],
      ['2', ['left_previous']],
    ] as const) {
      const endpoint = await makeEndpoint(t.db);
      const { attemptId, fence } = await plannedAttempt(t.db, endpoint);
      await t.sql(`UPDATE rotation_attempt SET state = 'verified' WHERE id = $1`, [attemptId]);
      const step = { attemptId, orgId: endpoint.orgId, fence, promotedVersion: '3', previousVersion };
      expect([await promoteAttempt(t.rotator, step), await promoteAttempt(t.rotator, step)]).toEqual([true, true]);
      expect(await about(endpoint.endpointId)).toEqual(kinds);
    }
  });

  test('of a rotation that waits for a day comes once', async () => {
    const endpoint = await makeEndpoint(t.db);
    const { attemptId, fence } = await plannedAttempt(t.db, endpoint);
    await waitAttempt(t.rotator, {
      attemptId,
      orgId: endpoint.orgId,
      fence,
      from: 'planned',
      untilMs: 60_000,
      detail: 'the portal answered a login with locked',
    });
    await notifyOfLongWaits(t.rotator, { olderThanMs: 86_400_000 });
    expect(await about(endpoint.endpointId)).toEqual([]);
    await t.sql(`UPDATE rotation_attempt SET created_at = now() - interval '25 hours' WHERE id = $1`, [attemptId]);
    expect([await notifyOfLongWaits(t.rotator, { olderThanMs: 86_400_000 }), await notifyOfLongWaits(t.rotator, { olderThanMs: 86_400_000 })]).toEqual([1, 0]);
  });

  test('of a portal that people rotate comes once per due date, and the login says pending', async () => {
    const endpoint = await makeEndpoint(t.db, { portal: { rotationMode: 'manual' } });
    await setNextRotation(t.db, { endpointIds: [endpoint.endpointId], at: 'now' });
    await Promise.all([markManualDue(t.rotator), markManualDue(t.rotator)]);
    expect(await about(endpoint.endpointId)).toEqual(['manual_due']);
    expect(await t.sql(`SELECT rotation_status FROM integration_endpoint WHERE id = $1`, [endpoint.endpointId])).toEqual([{ rotation_status: 'pending' }]);
  });
});

describe('the outbox', () => {
  test('gives a notification to one sender per channel, and to every channel', async () => {
    const channels = [randomUUID(), randomUUID()];
    const claimed = await Promise.all(channels.flatMap((channel) => [claim(channel), claim(channel)]));
    const all = (await listNotifications(t.rotator, { limit: 1000 })).length;
    expect(claimed.map((notifications) => notifications.length).reduce((sum, n) => sum + n, 0)).toBe(2 * all);
    for (const channel of channels) expect(await claim(channel)).toEqual([]);
  });

  test('gives it again when its sender died, not when it was delivered', async () => {
    const channel = randomUUID();
    const [first, second] = await claim(channel, 2);
    await t.sql(`UPDATE notice_delivery SET not_before = now() WHERE channel = $1`, [channel]);
    await notificationDelivered(t.rotator, { notificationId: first?.id ?? '', channel });
    const again = (await claim(channel)).filter(({ id }) => id === first?.id || id === second?.id);
    expect(again).toMatchObject([{ id: second?.id, tries: 1 }]);
  });

  test('cools down after a failure, and gives up when its sender says so', async () => {
    const channel = randomUUID();
    const [first, second] = await claim(channel, 2);
    await notificationFailed(t.rotator, { notificationId: first?.id ?? '', channel, error: 'The webhook answered 500.', retryMs: 0 });
    await notificationFailed(t.rotator, { notificationId: second?.id ?? '', channel, error: 'The webhook answered 500.', retryMs: null });
    const ids = (await claim(channel)).map(({ id }) => id);
    expect([ids.includes(first?.id ?? ''), ids.includes(second?.id ?? '')]).toEqual([true, false]);
  });

  test('has back at once, and without a try, what its sender did not come to', async () => {
    const channel = randomUUID();
    const [first, second] = await claim(channel, 2);
    await notificationsReturned(t.rotator, { channel, notificationIds: [second?.id ?? ''] });
    const again = (await claim(channel)).filter(({ id }) => id === first?.id || id === second?.id);
    expect(again).toMatchObject([{ id: second?.id, tries: 0 }]);
  });

  test('forgets what is old, but for what is still open', async () => {
    const [open, ended] = [await makeEndpoint(t.db), await makeEndpoint(t.db)];
    for (const endpoint of [open, ended]) {
      const { attemptId, fence } = await plannedAttempt(t.db, endpoint);
      await blockAttempt(t.rotator, { attemptId, orgId: endpoint.orgId, fence, from: 'planned', detail: 'x' });
      await t.sql(`UPDATE notice SET created_at = now() - interval '91 days' WHERE attempt_id = $1`, [attemptId]);
      if (endpoint === ended)
        await t.sql(`UPDATE rotation_attempt SET state = 'abandoned', waiting_from = NULL, waiting_until = NULL, ended_at = now() WHERE id = $1`, [attemptId]);
    }
    await claimNotifications(t.rotator, { channel: randomUUID(), claimMs: 1, newestMs: 100 * 86_400_000, limit: 1000 });
    expect(await pruneNotifications(t.rotator, { keptMs: 92 * 86_400_000, limit: 100 })).toBe(0);
    expect(await pruneNotifications(t.rotator, { keptMs: 90 * 86_400_000, limit: 100 })).toBe(1);
    expect([await about(open.endpointId), await about(ended.endpointId)]).toEqual([['blocked'], []]);
    await expect(pruneNotifications(t.agent, { keptMs: 1, limit: 1 })).rejects.toMatchObject({ code: 'database_failed' });
  });

  test('does not send a new channel what is old', async () => {
    await t.sql(`UPDATE notice SET created_at = now() - interval '2 minutes'`);
    expect(await claim(randomUUID())).toEqual([]);
  });
});

test('of a portal type with logins that nobody has decided about comes once a day, and not of one that nobody uses', async () => {
  const code = 'undecided-type';
  await makeEndpoint(t.db, { portal: { code, automation: null, termsVersion: null, termsDate: null, automationDecidedBy: null } });
  await t.sql(
    `INSERT INTO portal_type (code, name, hosts, driver, recipe, password_rules, rotation_mode, lockout_threshold, lockout_margin, lockout_window_seconds, settle_ms)
     SELECT 'nobody-uses', name, hosts, driver, recipe, password_rules, rotation_mode, lockout_threshold, lockout_margin, lockout_window_seconds, settle_ms FROM portal_type WHERE code = $1`,
    [code],
  );
  expect([await notifyOfUndecided(t.rotator), await notifyOfUndecided(t.rotator)]).toEqual([1, 0]);
  const told = (await listNotifications(t.rotator, { limit: 1000 })).filter(({ kind }) => kind === 'undecided');
  expect(told).toMatchObject([{ portalTypeCode: code, orgId: null, endpointId: null }]);
  await t.sql(
    `WITH why AS (SELECT set_config('app.reason', 'a test', true)) UPDATE portal_type SET automation = $2, terms_version = $3, terms_date = $4, automation_decided_by = $5 FROM why WHERE code = $1`,
    [code, ALLOWED.automation, ALLOWED.termsVersion, ALLOWED.termsDate, ALLOWED.automationDecidedBy],
  );
  await t.sql(`UPDATE notice SET dedup_key = dedup_key || '-yesterday' WHERE kind = 'undecided'`);
  expect(await notifyOfUndecided(t.rotator)).toBe(0);
});
