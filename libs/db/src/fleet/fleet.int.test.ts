import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { acquireSharedLease } from '../leases/acquire.ts';
import { beginLoginAttempt, finishLoginAttempt, type LoginAttemptEnd } from '../ledger/attempt.ts';
import { clearLogin } from '../ledger/clearance.ts';
import { createPortalTask } from '../tasks/queue.ts';
import { makeEndpoint, openTestDatabase, plannedAttempt, printOf, REQUESTER, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { insertEndpoint } from '../endpoints/seed.ts';
import { addOrganization } from './add-organization.ts';
import { type AuditPlace, listAudit } from './list-audit.ts';
import { listLogins } from './list-logins.ts';
import { loginHistory } from './login-history.ts';
import { troublesOf } from './login.ts';
import { fleetOverview } from './overview.ts';
import { findPortalType, listPortalTypes } from './portal-types.ts';
import { showLogin } from './show-login.ts';
import type { LoginFilter, WalkPlace } from './walk.ts';

let t: TestDatabase;
let operator: Database;
beforeEach(async () => {
  t = await openTestDatabase();
  operator = t.another('rcm_operator');
});
afterEach(() => t.close());

type Outcome = Pick<LoginAttemptEnd, 'outcome' | 'effect'> & Partial<LoginAttemptEnd>;
const ACCEPTED = { outcome: 'accepted', effect: 'none', proved: true } as const;
const REFUSED = { outcome: 'rejected', effect: 'bad', coolDownMs: 1 } as const;
const LOCKED = { outcome: 'locked', effect: 'none' } as const;

/** A login as an agent makes it, with what the portal answered. */
async function login(endpoint: TestEndpoint, end: Outcome, version = '1'): Promise<void> {
  const lease = await acquireSharedLease(t.agent, { ...endpoint, holder: 'agent@host:1', ttlMs: 60_000 });
  if (!lease.granted) throw new Error(lease.reason);
  const asked = { ...endpoint, leaseId: lease.lease.id, actor: 'agent', version, fingerprints: [printOf(version + randomUUID())] } as const;
  const begun = await beginLoginAttempt(t.agent, asked);
  if (!begun.allowed) throw new Error(begun.reason);
  await finishLoginAttempt(t.agent, { loginAttemptId: begun.loginAttemptId, orgId: endpoint.orgId, ...end });
}

const listed = async (filter: LoginFilter) => (await listLogins(operator, { filter, limit: 100 })).logins.map(({ id }) => id);

describe('a login that the portal refuses', () => {
  test('is failing from the first refusal on, and no more once a login proved its password', async () => {
    const [wrong, right] = [await makeEndpoint(t.db), await makeEndpoint(t.db)];
    await login(right, ACCEPTED);
    expect(await listed({ failing: true })).toEqual([]);
    await login(wrong, REFUSED);
    expect(await listed({ failing: true })).toEqual([wrong.endpointId]);
    const [seen] = (await listLogins(operator, { filter: { failing: true }, limit: 1 })).logins;
    expect(seen && troublesOf(seen)).toEqual(['failing']);
    expect(await fleetOverview(operator)).toMatchObject({ logins: 2, failing: 1, neverUsed: 1, locked: 0 });
    await login(wrong, ACCEPTED, '2');
    expect(await listed({ failing: true })).toEqual([]);
    await login(wrong, REFUSED, '3');
    expect(await listed({ failing: true })).toEqual([wrong.endpointId]);
  });

  test('is no failing one while the portal may not know the password yet, or was not asked', async () => {
    const endpoint = await makeEndpoint(t.db);
    await login(endpoint, { outcome: 'rejected', effect: 'provisional' });
    await login(endpoint, { outcome: 'unavailable', effect: 'none' });
    await login(endpoint, { outcome: 'not_submitted', effect: 'none' });
    expect(await listed({ failing: true })).toEqual([]);
  });

  test('is failing at every endpoint that has it, whoever was refused', async () => {
    const one = await makeEndpoint(t.db);
    const other = await makeEndpoint(t.db, { loginIdentity: one.loginIdentity });
    await login(one, REFUSED);
    expect((await listed({ failing: true })).sort()).toEqual([one.endpointId, other.endpointId].sort());
    expect((await listed({ shared: true })).sort()).toEqual([one.endpointId, other.endpointId].sort());
    expect(await listed({ failing: true, orgId: other.orgId })).toEqual([other.endpointId]);
  });

  test('takes its state along to another name of the account', async () => {
    const one = await makeEndpoint(t.db);
    await login(one, REFUSED);
    const name = 'f'.repeat(64);
    await t.sql('INSERT INTO login_identity (id) VALUES ($1)', [name]);
    await t.sql('UPDATE login_attempt SET login_identity = $1', [name]);
    expect(await t.sql('SELECT refused_since IS NOT NULL AS refused FROM login_identity WHERE id = $1', [name])).toEqual([{ refused: true }]);
  });
});

test('a locked account is locked until its portal’s time is over or a person says that it is', async () => {
  const endpoint = await makeEndpoint(t.db);
  await login(endpoint, LOCKED);
  expect(await listed({ locked: true })).toEqual([endpoint.endpointId]);
  expect(await showLogin(operator, endpoint)).toMatchObject({ locked: true, budget: { failuresLeft: 0, of: 3, why: 'locked', until: expect.any(Date) } });
  await clearLogin(t.rotator, { ...endpoint, kind: 'unlocked', actor: 'person:os:jane', reason: 'support said so' });
  expect(await listed({ locked: true })).toEqual([]);
  // Nobody has got in since.
  expect(await listed({ failing: true })).toEqual([endpoint.endpointId]);
});

test('what is due, blocked, never used and expiring is found, alone and together', async () => {
  const portal = { passwordExpiresDays: 60, expiryHeadStartDays: 7 };
  const [due, blocked, expiring, fine] = [await makeEndpoint(t.db), await makeEndpoint(t.db), await makeEndpoint(t.db, { portal }), await makeEndpoint(t.db)];
  const soon = new Date(Date.now() + 7 * 86_400_000);
  await t.sql(`UPDATE integration_endpoint SET next_rotation_at = now() + interval '30 days'`);
  await t.sql(`UPDATE integration_endpoint SET next_rotation_at = now() + interval '1 day' WHERE id = $1`, [due.endpointId]);
  await t.sql(`UPDATE integration_endpoint SET last_rotated_at = now() - interval '55 days' WHERE id = $1`, [expiring.endpointId]);
  const { attemptId } = await plannedAttempt(t.rotator, blocked);
  await t.sql(`UPDATE rotation_attempt SET state = 'blocked', waiting_from = 'submitting', detail = 'neither' WHERE id = $1`, [attemptId]);
  for (const each of [due, expiring, fine]) await login(each, ACCEPTED);
  expect(await listed({ dueBefore: soon })).toEqual([due.endpointId]);
  expect(await listed({ blocked: true })).toEqual([blocked.endpointId]);
  expect(await listed({ neverUsed: true })).toEqual([blocked.endpointId]);
  expect(await listed({ expiresBefore: soon })).toEqual([expiring.endpointId]);
  expect(await listed({ blocked: true, neverUsed: true })).toEqual([blocked.endpointId]);
  expect(await listed({ blocked: true, dueBefore: soon })).toEqual([]);
  expect(await listed({ portalTypeCode: 'alpine' })).toHaveLength(3);
  expect(await showLogin(operator, blocked)).toMatchObject({ openState: 'blocked', attempt: { id: attemptId, detail: 'neither' } });
});

test('pages follow each other without a gap or a double, also where many have one time', async () => {
  const made = [];
  for (let i = 0; i < 7; i += 1) made.push((await makeEndpoint(t.db)).endpointId);
  await t.sql(`UPDATE login_identity SET refused_since = '2026-01-01T00:00:00.123456Z', created_at = '2026-01-01'`);
  await t.sql(`UPDATE integration_endpoint SET next_rotation_at = '2026-01-01T00:00:00.123456Z'`);
  for (const filter of [{}, { failing: true }, { neverUsed: true }, { dueBefore: new Date() }] satisfies LoginFilter[]) {
    const seen: string[] = [];
    let after: WalkPlace | null = null;
    do {
      const page: Awaited<ReturnType<typeof listLogins>> = await listLogins(operator, { filter, after, limit: 3 });
      seen.push(...page.logins.map(({ id }) => id));
      after = page.next;
    } while (after);
    expect(seen).toEqual([...made].sort());
  }
});

test('a history is one timeline of logins, rotations, tasks and acts; its pages follow each other', async () => {
  const endpoint = await makeEndpoint(t.db);
  await login(endpoint, ACCEPTED);
  await login(endpoint, REFUSED, '2');
  await clearLogin(t.rotator, { ...endpoint, kind: 'retry', actor: 'person:os:jane', reason: 'it is right' });
  await createPortalTask(t.agent, { ...endpoint, name: 'claim_status', input: {}, requester: REQUESTER, idempotencyKey: randomUUID() });
  const whole = await loginHistory(operator, { endpointId: endpoint.endpointId, limit: 50 });
  const told = whole?.entries.map(({ source, what }) => `${source} ${what}`);
  expect(told).toEqual(expect.arrayContaining(['login accepted', 'login rejected', 'act login.retry', 'task asked for', 'notice refused', 'lease shared']));
  const times = whole?.entries.map(({ at }) => at.getTime()) ?? [];
  expect(times).toEqual([...times].sort((a, b) => b - a));
  const first = await loginHistory(operator, { endpointId: endpoint.endpointId, limit: 3 });
  const second = await loginHistory(operator, { endpointId: endpoint.endpointId, before: first?.before ?? undefined, limit: 50 });
  expect([...(first?.entries ?? []), ...(second?.entries ?? [])].map(({ what }) => what)).toEqual(whole?.entries.map(({ what }) => what));
  const shown = await showLogin(operator, endpoint);
  expect(shown).toMatchObject({
    automation: 'allowed',
    lastRefused: { outcome: 'rejected', version: '2' },
    waitingTasks: [{ name: 'claim_status' }],
    notifications: [{ kind: 'refused' }],
  });
});

test('what is not there is null, and what is no id is refused', async () => {
  expect(await showLogin(operator, { endpointId: 'none' })).toBeNull();
  expect(await loginHistory(operator, { endpointId: 'none', limit: 1 })).toBeNull();
  expect(await findPortalType(operator, { code: 'none' })).toBeNull();
  await expect(showLogin(operator, { endpointId: "x'; --" })).rejects.toMatchObject({ code: 'input_invalid' });
  await expect(listLogins(operator, { filter: { orgId: 'No Id' }, limit: 1 })).rejects.toMatchObject({ code: 'input_invalid' });
  await makeEndpoint(t.db);
  expect(await findPortalType(operator, { code: 'alpine' })).toMatchObject({ name: 'Alpine Health', logins: 1 });
  expect((await listPortalTypes(operator)).map(({ code }) => code)).toContain('alpine');
});

test('an operator registers an organization and an endpoint without a payload, each with an event of the person', async () => {
  await makeEndpoint(t.db);
  const by = { actor: 'person:os:jane', reason: 'a new customer' };
  await addOrganization(operator, { id: 'clinic', name: 'Clinic', parentId: null }, by);
  const endpoint = { id: 'clinic-alpine', orgId: 'clinic', portalTypeCode: 'alpine', accountId: 'front-desk', baseUrl: 'https://alpine.example/' };
  expect(await insertEndpoint(operator, endpoint, by)).toEqual({ created: true });
  expect(await insertEndpoint(operator, endpoint, by)).toEqual({ created: false });
  const events = await t.sql(`SELECT actor, action, subject, reason FROM audit_event WHERE org_id = 'clinic' ORDER BY seq`);
  expect(events).toEqual([
    { ...by, action: 'organization.added', subject: 'clinic' },
    { ...by, action: 'endpoint.changed', subject: 'clinic-alpine' },
  ]);
  expect(await listed({ orgId: 'clinic' })).toEqual(['clinic-alpine']);
  await expect(addOrganization(operator, { id: 'clinic', name: 'Other', parentId: null }, by)).rejects.toMatchObject({ code: 'state_conflict' });
  await expect(addOrganization(operator, { id: 'other', name: 'Other', parentId: 'nobody' }, by)).rejects.toMatchObject({ code: 'input_invalid' });
  await expect(addOrganization(operator, { id: 'other', name: 'Other', parentId: null }, { ...by, actor: 'jane' })).rejects.toThrow();
  await expect(insertEndpoint(operator, { ...endpoint, id: 'x', baseUrl: 'https://evil.example/' }, by)).rejects.toMatchObject({ code: 'input_invalid' });
  expect(await t.sql(`SELECT id FROM organization WHERE id = 'other'`)).toEqual([]);
});

test('who did what in one organization is listed by time, newest first, page after page, and no other organization’s', async () => {
  const [endpoint, other] = [await makeEndpoint(t.db), await makeEndpoint(t.db)];
  for (const each of [endpoint, other]) await login(each, ACCEPTED);
  for (const reason of ['one', 'two', 'three']) await clearLogin(t.rotator, { ...endpoint, kind: 'retry', actor: 'person:os:jane', reason });
  const { orgId, endpointId } = endpoint;
  const all = (await listAudit(operator, { question: { orgId }, limit: 100 })).events;
  expect(all.map(({ seq }) => seq)).toEqual([...all.map(({ seq }) => seq)].sort((a, b) => b - a));
  expect(all.map(({ action }) => action)).toContain('login.used');
  const people = await listAudit(operator, { question: { orgId, subject: endpointId, actor: 'person:', action: 'login.' }, limit: 100 });
  expect(people.events.map(({ reason }) => reason)).toEqual(['three', 'two', 'one']);
  const seen: number[] = [];
  let after: AuditPlace | null = null;
  do {
    const page: Awaited<ReturnType<typeof listAudit>> = await listAudit(operator, { question: { orgId }, after, limit: 2 });
    seen.push(...page.events.map(({ seq }) => seq));
    after = page.next;
  } while (after);
  expect(seen).toEqual(all.map(({ seq }) => seq));
  expect((await listAudit(operator, { question: { orgId, to: new Date(0) }, limit: 1 })).events).toEqual([]);
  expect((await listAudit(operator, { question: { orgId, from: new Date(Date.now() + 86_400_000) }, limit: 1 })).events).toEqual([]);
  expect(all.map(({ subject }) => subject)).not.toContain(other.endpointId);
});
