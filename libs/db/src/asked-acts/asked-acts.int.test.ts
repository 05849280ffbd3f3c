import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { askAct } from './ask.ts';
import type { ActKind } from './kinds.ts';
import { findAskedAct, listAskedActs } from './list.ts';
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

const WHO = { actor: 'person:oidc:https://id.example#jane', reason: 'support asked' } as const;
const ask = (kind: Exclude<ActKind, 'resolve'>, at = endpoint) => askAct(asking, { orgId: at.orgId, endpointId: at.endpointId, kind, ...WHO });
const shown = async () => (await listAskedActs(asking, { ...endpoint, limit: 10 })).map(({ kind, state, code, words }) => ({ kind, state, code, words }));

test('is taken by one of several rotators, which says how it ended, once', async () => {
  const { id } = await ask('verify');
  expect(await shown()).toEqual([{ kind: 'verify', state: 'waiting', code: null, words: null }]);
  const rotators = await Promise.all(Array.from({ length: 6 }, () => takeActs(t.another('rcm_rotator'), { takenBy: 'rotator@host:1', limit: 3 })));
  expect(rotators.flat()).toEqual([
    {
      askedAt: expect.any(Date) as Date,
      id,
      orgId: endpoint.orgId,
      endpointId: endpoint.endpointId,
      portalTypeCode: null,
      kind: 'verify',
      choice: null,
      ...WHO,
    },
  ]);
  expect(await shown()).toMatchObject([{ state: 'under way' }]);
  await endAct(t.rotator, { id, orgId: endpoint.orgId, outcome: 'failed', code: 'login_rejected', words: 'x'.repeat(2_000) });
  await endAct(t.rotator, { id, orgId: endpoint.orgId, outcome: 'done', code: null, words: 'a second word' });
  expect(await shown()).toEqual([{ kind: 'verify', state: 'failed', code: 'login_rejected', words: 'x'.repeat(1_000) }]);
  expect(await takeActs(t.rotator, { takenBy: 'rotator@host:2', limit: 3 })).toEqual([]);
});

test('is found by its id by whoever asked, for as long as it is there, and by nobody of another tenant', async () => {
  const { id } = await askAct(t.another('rcm_migrator'), { ...endpoint, kind: 'verify', ...WHO });
  const find = (orgId: string) => findAskedAct(t.another('rcm_migrator'), { orgId, id });
  expect(await find(endpoint.orgId)).toMatchObject({ id, kind: 'verify', state: 'waiting' });
  expect(await find((await makeEndpoint(t.db)).orgId)).toBeNull();
  await t.sql('DELETE FROM login_request');
  expect(await find(endpoint.orgId)).toBeNull();
});

test('says which login of Postgres wrote it', async () => {
  await ask('rotate');
  expect(await t.sql('SELECT asked_through FROM login_request')).toEqual([{ asked_through: 'test_rcm_console' }]);
});

test('is of a login of the tenant, has a reason, and does not wait twice', async () => {
  const other = await makeEndpoint(t.db);
  await expect(ask('verify', { ...other, orgId: endpoint.orgId })).rejects.toMatchObject({ code: 'endpoint_unknown' });
  await expect(askAct(asking, { ...endpoint, kind: 'verify', actor: WHO.actor, reason: '  ' })).rejects.toMatchObject({ code: 'input_invalid' });
  await ask('verify');
  await expect(ask('verify')).rejects.toMatchObject({ code: 'state_conflict' });
  await ask('retry');
  await ask('unlocked');
  await expect(ask('rotate')).rejects.toMatchObject({ code: 'state_conflict' });
});

test('of people who ask for the same at once, one is heard', async () => {
  const consoles = Array.from({ length: 8 }, () => t.another('rcm_console'));
  await Promise.all(consoles.map((each) => each.ping()));
  const { orgId, endpointId } = endpoint;
  const asked = await Promise.allSettled(consoles.map((each) => askAct(each, { orgId, endpointId, kind: 'verify', ...WHO })));
  expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const each of asked) if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'state_conflict' });
  expect(await shown()).toHaveLength(1);
});

test('what nobody took in time has expired, and what a dead rotator had taken is left: neither is done later', async () => {
  const [old, taken] = [await ask('verify'), await ask('retry')];
  await t.sql(`UPDATE login_request SET asked_at = now() - interval '16 minutes' WHERE id = $1`, [old.id]);
  await t.sql(`UPDATE login_request SET taken_at = now() - interval '61 minutes', taken_by = 'rotator@gone:1' WHERE id = $1`, [taken.id]);
  const fresh = await ask('unlocked');
  expect(await endLeftActs(t.rotator, { waitMs: 900_000, workMs: 3_600_000 })).toBe(2);
  expect(await takeActs(t.rotator, { takenBy: 'r', limit: 5 })).toMatchObject([{ id: fresh.id }]);
  expect(Object.fromEntries((await shown()).map(({ kind, state }) => [kind, state]))).toEqual({ verify: 'expired', retry: 'left', unlocked: 'under way' });
});
