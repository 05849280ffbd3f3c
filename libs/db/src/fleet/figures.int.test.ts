import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openBreaker } from '../admission/breaker.ts';
import { acquireSharedLease } from '../leases/acquire.ts';
import { beginLoginAttempt, finishLoginAttempt, type LoginAttemptEnd } from '../ledger/attempt.ts';
import { clearLogin } from '../ledger/clearance.ts';
import { claimPortalTask, finishPortalTask } from '../tasks/claim.ts';
import { createPortalTask } from '../tasks/queue.ts';
import { taskQueueFigures } from '../tasks/queue-figures.ts';
import { makeEndpoint, openTestDatabase, plannedAttempt, printOf, REQUESTER, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { fleetFigures } from './figures.ts';

let t: TestDatabase;
beforeEach(async () => void (t = await openTestDatabase()));
afterEach(() => t.close());

const RULES = { windowMs: 600_000, suspects: 3 };
const figures = () => fleetFigures(t.rotator, RULES);
const NOTHING = { knownBad: 0, locked: 0, overdue: 0, expiring: 0, rotationsBlocked: 0, rotationsOpen: 0, portalsStopped: 0, portalsRefusing: 0 };

async function login(endpoint: TestEndpoint, end: Pick<LoginAttemptEnd, 'outcome' | 'effect'> & Partial<LoginAttemptEnd>): Promise<void> {
  const lease = await acquireSharedLease(t.agent, { ...endpoint, holder: 'agent@host:1', ttlMs: 60_000 });
  if (!lease.granted) throw new Error(lease.reason);
  const begun = await beginLoginAttempt(t.agent, { ...endpoint, leaseId: lease.lease.id, actor: 'agent', version: '1', fingerprints: [printOf(randomUUID())] });
  if (!begun.allowed) throw new Error(begun.reason);
  await finishLoginAttempt(t.agent, { loginAttemptId: begun.loginAttemptId, orgId: endpoint.orgId, ...end });
}
const ACCEPTED = { outcome: 'accepted', effect: 'none', proved: true } as const;
const BAD = { outcome: 'rejected', effect: 'bad', coolDownMs: 3_600_000 } as const;

test('a password that is known to be bad counts while it cools down, until it is proved or a person says to try again', async () => {
  const [one, two] = [await makeEndpoint(t.db), await makeEndpoint(t.db)];
  expect(await figures()).toEqual(NOTHING);
  for (const endpoint of [one, two]) await login(endpoint, BAD);
  expect(await figures()).toMatchObject({ knownBad: 2 });
  await login(one, ACCEPTED);
  expect(await figures()).toMatchObject({ knownBad: 1 });
  await clearLogin(t.rotator, { ...two, kind: 'retry', actor: 'person:os:jane', reason: 'r' });
  expect(await figures()).toMatchObject({ knownBad: 0 });
});

test('an account that is locked counts until its lock ends', async () => {
  const endpoint = await makeEndpoint(t.db);
  await login(endpoint, { outcome: 'locked', effect: 'none' });
  expect(await figures()).toMatchObject({ locked: 1, knownBad: 0 });
  await t.sql(`UPDATE login_attempt SET started_at = started_at - interval '1 year', finished_at = finished_at - interval '1 year'`);
  expect(await figures()).toMatchObject({ locked: 0 });
});

test('an account that was locked under the name that it had then counts under its name of now', async () => {
  const [before, now] = [await makeEndpoint(t.db), await makeEndpoint(t.db)];
  await login(before, { outcome: 'locked', effect: 'none' });
  await login(now, BAD);
  expect(await figures()).toMatchObject({ locked: 1, knownBad: 1 });
  const until = (time: string) =>
    t.sql(
      `INSERT INTO login_identity_past (identity, former, until) VALUES ($1, $2, now() + $3::interval)
       ON CONFLICT (identity, former) DO UPDATE SET until = excluded.until`,
      [now.loginIdentity, before.loginIdentity, time],
    );
  await until('1 minute');
  expect(await figures()).toMatchObject({ locked: 2 });
  await until('-1 hour');
  expect(await figures()).toMatchObject({ locked: 1 });
});

test('what is late counts a day after it was due, and three days before the portal lets the password expire', async () => {
  const [late, old] = [await makeEndpoint(t.db), await makeEndpoint(t.db, { portal: { passwordExpiresDays: 90 } })];
  await makeEndpoint(t.db);
  await t.sql(`UPDATE integration_endpoint SET next_rotation_at = now() + interval '1 day', last_rotated_at = now() - interval '86 days'`);
  expect(await figures()).toEqual(NOTHING);
  await t.sql(`UPDATE integration_endpoint SET next_rotation_at = now() - interval '25 hours' WHERE id = $1`, [late.endpointId]);
  await t.sql(`UPDATE integration_endpoint SET last_rotated_at = now() - interval '88 days' WHERE id = $1`, [old.endpointId]);
  expect(await figures()).toEqual({ ...NOTHING, overdue: 1, expiring: 1 });
});

test('where the terms let no program log in nothing is done and nobody is reminded: none of it is late, however long that lasts', async () => {
  for (const automation of ['forbidden', 'assisted'] as const) {
    await makeEndpoint(t.db, { portal: { code: automation, automation, passwordExpiresDays: 90 } });
    await t.sql(`UPDATE integration_endpoint SET next_rotation_at = now() - interval '25 hours', last_rotated_at = now() - interval '88 days'`);
    expect(await figures()).toEqual(automation === 'forbidden' ? NOTHING : { ...NOTHING, overdue: 1, expiring: 1 });
  }
});

test('rotations that are open, and of them the blocked ones', async () => {
  const { attemptId } = await plannedAttempt(t.rotator, await makeEndpoint(t.db));
  expect(await figures()).toEqual({ ...NOTHING, rotationsOpen: 1 });
  await t.sql(`UPDATE rotation_attempt SET state = 'blocked', waiting_from = 'submitting' WHERE id = $1`, [attemptId]);
  expect(await figures()).toEqual({ ...NOTHING, rotationsOpen: 1, rotationsBlocked: 1 });
});

test('a portal type that is stopped counts, and one that is ill, which rcm_portal_health says of it too', async () => {
  const endpoints = [await makeEndpoint(t.db), await makeEndpoint(t.db), await makeEndpoint(t.db), await makeEndpoint(t.db)];
  const health = async () =>
    (await t.sql<{ health: string }>(`SELECT rcm_portal_health('alpine', '', NULL, interval '10 minutes', 3) AS health`))[0]?.health === 'ill' ? 1 : 0;
  let most = 0;
  for (const endpoint of endpoints) {
    await login(endpoint, ACCEPTED);
    const now = await figures();
    expect(now.portalsRefusing).toBe(await health());
  }
  for (const endpoint of endpoints) {
    await login(endpoint, { outcome: 'rejected', effect: 'suspect', coolDownMs: 1 });
    const now = await figures();
    expect(now.portalsRefusing).toBe(await health());
    most = Math.max(most, now.portalsRefusing);
  }
  expect(most).toBe(1);
  await t.rotator.transaction('no tenant', (tx) => openBreaker(tx, { portalTypeCode: 'alpine', cause: 'page_changed', detail: 'd' }));
  expect(await figures()).toMatchObject({ portalsStopped: 1 });
});

test('the queue is as old as what could be begun: not what comes later, and nothing of an account that has no room', async () => {
  const endpoint = await makeEndpoint(t.db, { portal: { maxSessionsPerAccount: 1 } });
  expect(await taskQueueFigures(t.agent)).toEqual({ waiting: 0, ageSeconds: 0 });
  const create = () => createPortalTask(t.agent, { ...endpoint, name: 'n', input: {}, requester: REQUESTER });
  const [first] = [await create(), await create()];
  await t.sql(`UPDATE portal_task SET not_before = now() + interval '1 hour'`);
  expect(await taskQueueFigures(t.agent)).toEqual({ waiting: 0, ageSeconds: 0 });
  await t.sql(`UPDATE portal_task SET not_before = now() - interval '10 minutes'`);
  const waiting = await taskQueueFigures(t.agent);
  expect(waiting.waiting).toBe(2);
  expect(waiting.ageSeconds).toBeGreaterThanOrEqual(600);
  await claimPortalTask(t.agent, { ...endpoint, taskId: first.taskId, worker: 'w', ttlMs: 600_000 });
  expect(await taskQueueFigures(t.agent)).toEqual({ waiting: 1, ageSeconds: 0 });
  await finishPortalTask(t.agent, { ...endpoint, taskId: first.taskId, worker: 'w', result: {} });
  await t.sql(`UPDATE portal_task SET finished_at = now() - interval '5 minutes' WHERE id = $1`, [first.taskId]);
  const { ageSeconds } = await taskQueueFigures(t.agent);
  expect(ageSeconds).toBeGreaterThanOrEqual(300);
  expect(ageSeconds).toBeLessThan(590);
});

test('a rotator may not ask for the queue, and an agent sees nothing of the books', async () => {
  await expect(taskQueueFigures(t.rotator)).rejects.toMatchObject({ code: 'database_failed' });
  await login(await makeEndpoint(t.db), BAD);
  const said = await fleetFigures(t.agent, RULES).then(
    (value) => value,
    (error: unknown) => (error as { code?: unknown }).code,
  );
  expect(said).toBe('database_failed');
});
