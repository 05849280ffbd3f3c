import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { askAct, askWideAct } from './ask.ts';
import { decideAct, type Decision } from './decide.ts';
import { listAskedActs, listUndecidedActs, listWideActs } from './list.ts';
import { endAct, endLeftActs, takeActs } from './take.ts';

let t: TestDatabase;
let asking: Database;
let endpoint: TestEndpoint;
beforeAll(async () => {
  t = await openTestDatabase();
  asking = t.another('rcm_console');
});
afterAll(() => t.close());
beforeEach(async () => {
  await t.sql('DELETE FROM login_request');
  endpoint = await makeEndpoint(t.db);
});

const JANE = 'person:oidc:https://id.example#jane';
const JOHN = 'person:oidc:https://id.example#john';
const rollBack = () => askAct(asking, { orgId: endpoint.orgId, endpointId: endpoint.endpointId, kind: 'rollback', actor: JANE, reason: 'it is printed' });
const decide = (id: string, given: Partial<Decision> = {}) =>
  decideAct(asking, { id, orgId: endpoint.orgId, decision: 'approved', actor: JOHN, reason: 'seen it', ...given });
const take = () => takeActs(t.rotator, { takenBy: 'rotator@host:1', limit: 5 });
const events = () =>
  t.sql<{ actor: string; action: string; subject: string; reason: string }>(
    `SELECT actor, action, subject, reason FROM audit_event WHERE org_id = $1 AND action LIKE 'approval.%' ORDER BY seq`,
    [endpoint.orgId],
  );
const tenant = () => ({ tenant: endpoint.orgId });
const asConsole = (statement: string, scope: 'every tenant' | { readonly tenant: string } = tenant()) =>
  asking.transaction(scope, (tx) => tx.$executeRawUnsafe(statement));

test('waits for somebody else, is taken as it was asked once they have approved it, and both are in the audit', async () => {
  const { id } = await rollBack();
  expect(await take()).toEqual([]);
  expect(await listUndecidedActs(asking, 'every tenant', 10)).toMatchObject([{ id, kind: 'rollback', state: 'undecided', actor: JANE }]);
  expect(await decide(id)).toEqual({ endpointId: endpoint.endpointId });
  expect(await listUndecidedActs(asking, 'every tenant', 10)).toEqual([]);
  expect(await listAskedActs(asking, { ...endpoint, limit: 5 })).toMatchObject([{ state: 'waiting', decidedBy: JOHN, decisionReason: 'seen it' }]);
  const { orgId, endpointId } = endpoint;
  expect(await take()).toEqual([
    { askedAt: expect.any(Date) as Date, id, orgId, endpointId, portalTypeCode: null, kind: 'rollback', choice: null, actor: JANE, reason: 'it is printed' },
  ]);
  expect(await events()).toEqual([
    { actor: JANE, action: 'approval.asked', subject: endpointId, reason: 'it is printed' },
    { actor: JOHN, action: 'approval.given', subject: endpointId, reason: 'seen it' },
  ]);
  const [row] = await t.sql<Record<string, string>>('SELECT decided_through, decided_at IS NOT NULL AS at FROM login_request');
  expect(row).toEqual({ decided_through: 'test_rcm_console', at: true });
});

test('what is declined is not done, and the same may be asked for again', async () => {
  const { id } = await rollBack();
  await decide(id, { decision: 'declined', reason: 'not now' });
  expect(await take()).toEqual([]);
  expect(await listAskedActs(asking, { ...endpoint, limit: 5 })).toMatchObject([{ state: 'declined', decisionReason: 'not now' }]);
  await rollBack();
});

test.each([JANE, `${JANE} says John`])('whoever asked does not decide, as %s: neither the operation nor the table lets them', async (actor) => {
  const { id } = await rollBack();
  await expect(decide(id, { actor })).rejects.toMatchObject({ code: 'state_conflict' });
  const set = (name: string) => asConsole(`UPDATE login_request SET decision = 'approved', decided_by = '${name}', decision_reason = 'r' WHERE id = '${id}'`);
  await expect(set(actor)).rejects.toMatchObject({ details: { constraint: 'login_request_decided_by_another' } });
  expect(await take()).toEqual([]);
  expect((await events()).map(({ action }) => action)).toEqual(['approval.asked']);
});

test('nor do they where one name says by which client of its issuer they came, and the other, of a version before, does not', async () => {
  const { id } = await rollBack();
  await expect(decide(id, { actor: JANE.replace('#', '?client=rcm-console#') })).rejects.toMatchObject({
    message: expect.stringContaining('two people') as string,
  });
  expect(await decide(id, { actor: JOHN.replace('#', '?client=rcm-console#') })).not.toBeNull();
});

test('no rotator can take what nobody has approved, whatever its statement says', async () => {
  const { id } = await rollBack();
  const taking = t.rotator.transaction(tenant(), (tx) => tx.$executeRawUnsafe(`UPDATE login_request SET taken_at = now(), taken_by = 'r' WHERE id = '${id}'`));
  await expect(taking).rejects.toMatchObject({ details: { constraint: 'login_request_taken_once_approved' } });
});

test('is decided once, by the first of several', async () => {
  const { id } = await rollBack();
  const decided = await Promise.allSettled((['approved', 'declined', 'approved', 'declined'] as const).map((decision) => decide(id, { decision })));
  expect(decided.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(await events()).toHaveLength(2);
  // And by no statement of the console's.
  expect(await asConsole(`UPDATE login_request SET decision = 'approved', decided_by = 'person:os:eve', decision_reason = 'r' WHERE id = '${id}'`)).toBe(0);
});

test('is decided within the hour, and ends by itself after it; a rotator has a quarter of an hour from the decision', async () => {
  const age = (column: string, minutes: number) => t.sql(`UPDATE login_request SET ${column} = now() - make_interval(mins => $1)`, [minutes]);
  const { id } = await rollBack();
  const left = () => endLeftActs(t.rotator, { waitMs: 900_000, workMs: 3_600_000 });
  await age('asked_at', 59);
  expect(await left()).toBe(0);
  await age('asked_at', 61);
  await expect(decide(id)).rejects.toMatchObject({ code: 'state_conflict' });
  expect([await listUndecidedActs(asking, tenant(), 5), (await listAskedActs(asking, { ...endpoint, limit: 5 }))[0]?.state]).toEqual([[], 'expired']);
  expect([await left(), await take()]).toEqual([1, []]);
  const again = await rollBack();
  await age('asked_at', 50);
  await decide(again.id);
  expect(await left()).toBe(0);
  await t.sql(`UPDATE login_request SET decided_at = now() - interval '16 minutes' WHERE id = $1`, [again.id]);
  expect([await left(), await take()]).toEqual([1, []]);
});

test('another tenant’s is none, and no act that needs no second person is decided on', async () => {
  const { id } = await rollBack();
  const other = await makeEndpoint(t.db);
  expect(await decide(id, { orgId: other.orgId })).toBeNull();
  expect(await decide(id, { orgId: null })).toBeNull();
  const { orgId, endpointId } = endpoint;
  const verify = await askAct(asking, { orgId, endpointId, kind: 'verify', actor: JANE, reason: 'r' });
  await expect(decide(verify.id)).rejects.toMatchObject({ code: 'state_conflict' });
});

test('a pause of a portal type, or of everything, is of no tenant, and stands in the chain of each that it touches', async () => {
  const wide = (kind: 'pause' | 'resume', portalTypeCode: string | null) => askWideAct(asking, { kind, portalTypeCode, actor: JANE, reason: 'new pages' });
  const [portal] = await t.sql<{ code: string }>('SELECT portal_type_code AS code FROM integration_endpoint WHERE id = $1', [endpoint.endpointId]);
  const code = portal?.code ?? '';
  await expect(wide('pause', 'none-such')).rejects.toMatchObject({ code: 'input_invalid' });
  const one = await wide('pause', code);
  await expect(wide('pause', code)).rejects.toMatchObject({ code: 'state_conflict' });
  const all = await wide('pause', null);
  // Nothing of a tenant's, and nothing that a tenant's session sees.
  expect(await listUndecidedActs(asking, tenant(), 5)).toEqual([]);
  await expect(asConsole(`INSERT INTO login_request (kind, actor, reason) VALUES ('resume', '${JANE}', 'r')`)).rejects.toThrow();
  await expect(
    asConsole(
      `INSERT INTO login_request (kind, org_id, endpoint_id, actor, reason) VALUES ('rollback', '${endpoint.orgId}', '${endpoint.endpointId}', '${JANE}', 'r')`,
      'every tenant',
    ),
  ).rejects.toThrow();
  expect(await decide(one.id)).toBeNull();
  expect(await decide(one.id, { orgId: null })).toEqual({ endpointId: null });
  const taken = await take();
  expect(taken).toMatchObject([{ id: one.id, kind: 'pause', portalTypeCode: code, orgId: null }]);
  await endAct(t.rotator, { id: one.id, orgId: null, outcome: 'done', code: null, words: 'paused' });
  expect((await listWideActs(asking, { limit: 5 })).map(({ id, state }) => [id, state])).toEqual([
    [all.id, 'undecided'],
    [one.id, 'done'],
  ]);
  expect((await events()).map(({ action, subject }) => [action, subject])).toEqual([
    ['approval.asked', `portal type ${code}`],
    ['approval.asked', 'all rotations'],
    ['approval.given', `portal type ${code}`],
  ]);
});
