import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { makeEndpoint, openTestDatabase, plannedAttempt, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { askAct, askWideAct } from './ask.ts';
import { decideAct } from './decide.ts';
import { listAskedActs, listUndecidedActs, listWideActs } from './list.ts';
import { endLeftActs, takeActs } from './take.ts';
import { withdrawAct } from './withdraw.ts';

/** What one person asked for holds for the moment it was asked in, and is theirs to take back. */
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
const at = () => ({ orgId: endpoint.orgId, endpointId: endpoint.endpointId, actor: JANE, reason: 'it is printed' });
const rollBack = () => askAct(asking, { ...at(), kind: 'rollback' });
const approve = (id: string) => decideAct(asking, { id, orgId: endpoint.orgId, decision: 'approved', actor: JOHN, reason: 'seen it' });
const withdraw = (id: string, more: object = {}) => withdrawAct(asking, { id, orgId: endpoint.orgId, actor: JANE, reason: 'a slip', ...more });
const take = () => takeActs(t.rotator, { takenBy: 'rotator@host:1', limit: 5 });
const shown = async () => (await listAskedActs(asking, { ...endpoint, limit: 5 }))[0];
const raw = (db: Database, statement: string) => db.transaction({ tenant: endpoint.orgId }, (tx) => tx.$executeRawUnsafe(statement));
const approving = (id: string) =>
  raw(asking, `UPDATE login_request SET decision = 'approved', decided_by = '${JOHN}', decision_reason = 'r' WHERE id = '${id}'`);
const taking = (id: string) => raw(t.rotator, `UPDATE login_request SET taken_at = now(), taken_by = 'r' WHERE id = '${id}'`);
const events = () =>
  t.sql<{ actor: string; action: string; reason: string }>(
    `SELECT actor, action, reason FROM audit_event WHERE org_id = $1 AND actor LIKE 'person%' ORDER BY seq`,
    [endpoint.orgId],
  );

const block = async (): Promise<string> => {
  const { attemptId } = await plannedAttempt(t.db, endpoint);
  await t.sql(`UPDATE rotation_attempt SET state = 'blocked', waiting_from = 'submitting', waiting_until = now() WHERE id = $1`, [attemptId]);
  await t.sql('DELETE FROM login_lease WHERE login_identity = $1', [endpoint.loginIdentity]);
  return attemptId;
};
const end = (id: string) =>
  t.sql(`UPDATE rotation_attempt SET state = 'abandoned', waiting_from = NULL, waiting_until = NULL, ended_at = now() WHERE id = $1`, [id]);

/** What may happen between two people: each makes of an old yes one that is about something else. */
const MOVES: readonly (readonly [string, (blocked: string) => Promise<unknown>])[] = [
  ['the rotation has ended', end],
  ['it has ended, and another one is blocked', async (blocked) => (await end(blocked), block())],
  [
    'it is on its way again',
    (blocked) => t.sql(`UPDATE rotation_attempt SET state = 'staged', waiting_from = NULL, waiting_until = NULL WHERE id = $1`, [blocked]),
  ],
  ['the password is another', () => t.sql(`UPDATE integration_endpoint SET current_version = '2' WHERE id = $1`, [endpoint.endpointId])],
];

test.each(MOVES)('a yes to a resolution is none any more once %s: neither the table nor the operation lets it be given or taken', async (_name, move) => {
  const blocked = await block();
  const ask = () => askAct(asking, { ...at(), kind: 'resolve', choice: 'current' });
  const { id } = await ask();
  expect(await shown()).toMatchObject({ state: 'undecided', loginStood: `rotation ${blocked}, blocked; password of version 1` });
  await move(blocked);
  expect(await shown()).toMatchObject({ state: 'outdated' });
  await expect(approving(id)).rejects.toMatchObject({ details: { constraint: 'login_request_of_that_moment' } });
  await expect(approve(id)).rejects.toMatchObject({ code: 'state_conflict', message: expect.stringContaining('not as it was') as string });
  expect(await events()).toMatchObject([{ action: 'approval.asked' }]);
  // What stands as it does now is another matter, and can be asked for once the old request has ended.
  expect(await endLeftActs(t.rotator, { waitMs: 900_000, workMs: 3_600_000 })).toBe(1);
  expect(await shown()).toMatchObject({ state: 'outdated', endedAt: expect.any(Date) as Date });
  await approve((await ask()).id);
  expect(await take()).toHaveLength(1);
});

test('that support has unlocked an account is noted of that account alone: not once the row has followed to another, whatever has failed there', async () => {
  const unlocked = () => askAct(asking, { ...at(), kind: 'unlocked' });
  const { id } = await unlocked();
  expect(await shown()).toMatchObject({ state: 'waiting', loginStood: expect.stringMatching(/^account [0-9a-f]{16}$/) as string });
  const other = await makeEndpoint(t.db);
  await t.sql(`UPDATE integration_endpoint SET login_identity = $2 WHERE id = $1`, [endpoint.endpointId, other.loginIdentity]);
  expect([await shown(), await take()]).toMatchObject([{ state: 'outdated' }, []]);
  await expect(taking(id)).rejects.toMatchObject({ details: { constraint: 'login_request_of_that_moment' } });
  expect(await endLeftActs(t.rotator, { waitMs: 900_000, workMs: 3_600_000 })).toBe(1);
  await unlocked();
  // A rotation that ends meanwhile, or a password that a person stores, is no other account.
  await t.sql(`UPDATE integration_endpoint SET current_version = '2' WHERE id = $1`, [endpoint.endpointId]);
  expect(await take()).toMatchObject([{ kind: 'unlocked' }]);
});

test('what was approved is not taken once a rotation has begun since, and stands in nobody’s way', async () => {
  const { id } = await rollBack();
  expect(await shown()).toMatchObject({ loginStood: 'no rotation yet; password of version 1' });
  await approve(id);
  await plannedAttempt(t.db, endpoint);
  await expect(taking(id)).rejects.toMatchObject({ details: { constraint: 'login_request_of_that_moment' } });
  const after = await askAct(asking, { ...at(), kind: 'verify' });
  expect((await take()).map((act) => act.id)).toEqual([after.id]);
  expect((await t.sql('SELECT taken_at FROM login_request WHERE id = $1', [id]))[0]).toEqual({ taken_at: null });
});

test('nobody but the database says how the login stood, and what was asked before it did holds for no moment', async () => {
  await expect(raw(asking, `UPDATE login_request SET login_stood = 'else'`)).rejects.toMatchObject({ code: 'database_failed' });
  const { id } = await rollBack();
  await t.sql('UPDATE login_request SET login_stood = NULL WHERE id = $1', [id]);
  await expect(approve(id)).rejects.toMatchObject({ code: 'state_conflict' });
});

test('a rotation of another organization, or of another login, makes no difference', async () => {
  const other = await makeEndpoint(t.db, { orgId: endpoint.orgId });
  const stranger = await makeEndpoint(t.db);
  const { id } = await rollBack();
  await plannedAttempt(t.db, other);
  const { attemptId } = await plannedAttempt(t.db, stranger);
  await t.sql('UPDATE rotation_attempt SET state = $2, ended_at = now() WHERE id = $1', [attemptId, 'abandoned']);
  // The same account in two organizations: neither is told of the other's.
  await t.sql('UPDATE integration_endpoint SET login_identity = $1 WHERE id = $2', [stranger.loginIdentity, endpoint.endpointId]);
  expect((await listUndecidedActs(asking, 'every tenant', 5)).map((each) => [each.id, each.state])).toEqual([[id, 'undecided']]);
  await approve(id);
  expect(await take()).toMatchObject([{ id }]);
});

test.each(['asked', 'approved'])('what is %s is withdrawn by whoever asked, with a reason, and is not done', async (how) => {
  const { id } = await rollBack();
  if (how === 'approved') await approve(id);
  await expect(withdraw(id, { reason: ' ' })).rejects.toMatchObject({ code: 'input_invalid' });
  expect(await withdraw(id)).toEqual({ endpointId: endpoint.endpointId });
  expect(await shown()).toMatchObject({ state: 'withdrawn', withdrawalReason: 'a slip' });
  expect([await take(), await approving(id)]).toEqual([[], 0]);
  await expect(approve(id)).rejects.toMatchObject({ code: 'state_conflict' });
  await expect(withdraw(id)).rejects.toMatchObject({ code: 'state_conflict' });
  expect((await events()).at(-1)).toEqual({ actor: JANE, action: 'approval.withdrawn', reason: 'a slip' });
  await rollBack();
});

test('nobody else withdraws it, another tenant’s is none, and what a rotator has taken is under way', async () => {
  const { id } = await askAct(asking, { ...at(), kind: 'rotate' });
  const other = await makeEndpoint(t.db);
  expect(await withdraw(id, { orgId: other.orgId })).toBeNull();
  expect(await withdraw(id, { orgId: null })).toBeNull();
  await expect(withdraw(id, { actor: JOHN })).rejects.toMatchObject({ code: 'state_conflict' });
  const set = (name: string) => raw(asking, `UPDATE login_request SET withdrawn_by = '${name}', withdrawal_reason = 'r' WHERE id = '${id}'`);
  await expect(set(JOHN)).rejects.toMatchObject({ details: { constraint: 'login_request_withdrawn_by_who_asked' } });
  await expect(raw(t.rotator, `UPDATE login_request SET ended_at = now(), outcome = 'withdrawn' WHERE id = '${id}'`)).rejects.toMatchObject({
    details: { constraint: 'login_request_withdrawn_whole' },
  });
  expect(await take()).toHaveLength(1);
  await expect(withdraw(id)).rejects.toMatchObject({ code: 'state_conflict' });
  expect(await set(JANE)).toBe(0);
  expect(await events()).toEqual([]);
});

test('of a withdrawal and a rotator at the same time, one has it', async () => {
  for (let round = 0; round < 5; round += 1) {
    const { id } = await askAct(asking, { ...at(), kind: 'verify' });
    const [withdrawn, taken] = await Promise.allSettled([withdraw(id), take()]);
    expect([withdrawn.status === 'fulfilled', taken.status === 'fulfilled' && taken.value.length === 1].filter(Boolean)).toHaveLength(1);
    await t.sql('DELETE FROM login_request');
  }
});

test('what waited for a second person is told as over once it was decided on, withdrawn, or has ended by itself', async () => {
  const isOver = async (id: string) =>
    (await t.sql<{ over: boolean }>(`SELECT ended_at IS NOT NULL AS over FROM notice WHERE dedup_key = 'approval_waiting:' || $1`, [id]))[0]?.over;
  const wide = () => askWideAct(asking, { kind: 'pause', portalTypeCode: null, actor: JANE, reason: 'new pages' });
  const ends: readonly (readonly [() => Promise<{ readonly id: string }>, (id: string) => Promise<unknown>])[] = [
    [rollBack, (id) => decideAct(asking, { id, orgId: endpoint.orgId, decision: 'approved', actor: JOHN, reason: 'read it' })],
    [rollBack, (id) => withdraw(id)],
    [wide, (id) => decideAct(asking, { id, orgId: null, decision: 'declined', actor: JOHN, reason: 'no' })],
    [
      wide,
      async (id) => {
        await t.sql(`UPDATE login_request SET asked_at = now() - interval '61 minutes' WHERE id = $1`, [id]);
        await endLeftActs(t.rotator, { waitMs: 900_000, workMs: 3_600_000 });
      },
    ],
  ];
  for (const [asks, end] of ends) {
    await t.sql('DELETE FROM login_request');
    const { id } = await asks();
    expect(await isOver(id)).toBe(false);
    await end(id);
    expect(await isOver(id)).toBe(true);
  }
});

test('that something waits for a second person is told once, and the console tells nothing else', async () => {
  const { id } = await rollBack();
  const wide = await askWideAct(asking, { kind: 'pause', portalTypeCode: null, actor: JANE, reason: 'new pages' });
  await askAct(asking, { ...at(), kind: 'verify' });
  const { orgId, endpointId } = endpoint;
  const told = await t.sql(`SELECT kind, dedup_key, org_id, endpoint_id, detail FROM notice WHERE dedup_key IN ($1, $2) ORDER BY org_id`, [
    `approval_waiting:${id}`,
    `approval_waiting:${wide.id}`,
  ]);
  expect(told).toEqual([
    { kind: 'approval_waiting', dedup_key: `approval_waiting:${id}`, org_id: orgId, endpoint_id: endpointId, detail: 'rollback' },
    { kind: 'approval_waiting', dedup_key: `approval_waiting:${wide.id}`, org_id: null, endpoint_id: null, detail: 'pause' },
  ]);
  await withdraw(wide.id, { orgId: null });
  expect(await listWideActs(asking, { limit: 5 })).toMatchObject([{ state: 'withdrawn' }]);
  const tell = (kind: string, key: string, values: string) =>
    raw(asking, `INSERT INTO notice (kind, dedup_key, org_id, endpoint_id, detail) VALUES ('${kind}', '${kind}:${key}', ${values}, 'd')`);
  const mine = `'${orgId}', '${endpointId}'`;
  const other = await makeEndpoint(t.db, { orgId });
  for (const [kind, key, values] of [
    ['blocked', id, mine],
    ['approval_waiting', crypto.randomUUID(), mine],
    ['approval_waiting', id, `'${orgId}', '${other.endpointId}'`],
    ['approval_waiting', wide.id, 'NULL, NULL'],
  ] as const)
    await expect(tell(kind, key, values), `${kind} ${key}`).rejects.toMatchObject({ code: 'database_failed' });
});
