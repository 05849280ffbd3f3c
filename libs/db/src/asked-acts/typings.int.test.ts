import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { createOneTimeKey } from '../sealing/one-time-key.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { listAskedActs } from './list.ts';
import { endAct, endLeftActs, takeActs } from './take.ts';
import { findTyping, typeLogin, typingKey } from './type-login.ts';
import { CANARY, JANE, JOHN, MINUTES, Typing } from './typing.fixture.ts';
import { isStillAsked } from './still-asked.ts';
import { endLeftTypings, listWantedTypings, offerTypingKey, takeTyped } from './typings.ts';
import { withdrawAct } from './withdraw.ts';

let t: TestDatabase;
let page: Database;
let endpoint: TestEndpoint;
beforeAll(async () => {
  t = await openTestDatabase();
  page = t.another('rcm_console');
});
afterAll(() => t.close());
beforeEach(async () => {
  await t.sql('DELETE FROM login_request');
  endpoint = await makeEndpoint(t.db);
});

const typing = new Typing(() => ({ t, page, endpoint }));
const rows = () => t.sql<Record<string, unknown>>('SELECT * FROM login_typing');
const stateOf = async () => (await listAskedActs(page, { ...endpoint, limit: 1 }))[0]?.state;
const refused = (words: string) => ({ code: 'state_conflict', message: expect.stringContaining(words) as string });

test('what whoever asked typed opens for the process that waits, is taken once, and is in the database no more', async () => {
  const { id, orgId, key } = await typing.offered();
  expect(await findTyping(page, endpoint)).toMatchObject({ requestId: id, actor: JANE, typedAt: null });
  expect(await typing.take(id)).toBeNull();
  expect(await typing.type({ id, orgId })).toBe(true);
  expect(JSON.stringify(await rows())).not.toContain(CANARY);
  expect(await findTyping(page, endpoint)).toMatchObject({ typedAt: expect.any(Date) as Date });
  const both = await Promise.all([typing.take(id), takeTyped(t.another('rcm_rotator'), { requestIds: [id], takenBy: 'rotator@host:2' })]);
  const [taken, ...others] = both.filter((each) => each !== null);
  expect([taken?.requestId, others]).toEqual([id, []]);
  expect(JSON.parse(key.open(taken?.sealed ?? new Uint8Array()).reveal())).toEqual({ password: CANARY });
  expect([await typing.take(id), await rows(), await stateOf()]).toEqual([null, [], 'under way']);
});

test('a process takes what was typed for its own keys alone', async () => {
  const { id, orgId } = await typing.offered();
  await typing.type({ id, orgId });
  expect([await typing.take(), await typing.take(crypto.randomUUID())]).toEqual([null, null]);
  expect((await typing.take(crypto.randomUUID(), id))?.requestId).toBe(id);
});

test('no rotator begins it before it was typed, one of before least of all, which takes whatever is not to be read', async () => {
  const { id, orgId } = await typing.offered();
  expect(await takeActs(t.rotator, { takenBy: 'rotator@host:1', limit: 5 })).toEqual([]);
  const asBefore = () =>
    t.rotator.transaction(
      { tenant: orgId },
      (tx) => tx.$executeRaw`UPDATE login_request SET taken_at = clock_timestamp(), taken_by = 'rotator@before:1' WHERE id = ${id}::uuid AND taken_at IS NULL`,
    );
  expect([await asBefore(), await stateOf(), (await rows()).length]).toEqual([0, 'waiting', 1]);
});

test('of processes that would wait for the same, one does; and at one login one request waits', async () => {
  const { id } = await typing.ask();
  const keys = Array.from({ length: 4 }, () => createOneTimeKey({ use: 'test' }));
  const answers = await Promise.all(
    keys.map(({ publicKey }) => offerTypingKey(t.another('rcm_rotator'), { requestId: id, orgId: endpoint.orgId, publicKey, forMs: MINUTES })),
  );
  expect(answers.filter(Boolean)).toHaveLength(1);
  expect(await listWantedTypings(t.rotator, { limit: 5 })).toEqual([]);
  for (const actor of [JANE, JOHN]) await expect(typing.ask(endpoint, actor)).rejects.toMatchObject(refused('asked for already'));
});

test.each<[string, () => Promise<unknown>, string]>([
  ['somebody else has asked for', async () => typing.type(await typing.offered(), JOHN), 'they alone'],
  ['no rotator waits for', async () => typing.type({ ...(await typing.ask()), orgId: endpoint.orgId }), 'No rotator waits'],
  ['was typed', async () => typing.type((await typed()).of), 'typed already'],
  [
    'was typed and begun',
    async () => {
      const { of } = await typed();
      await typing.take(of.id);
      return typing.type(of);
    },
    'typed already',
  ],
  [
    'is over',
    async () => {
      const of = await typing.offered();
      await t.sql(OVER);
      return typing.type(of);
    },
    'Nobody waits for it any more',
  ],
  [
    'was withdrawn',
    async () => {
      const of = await typing.offered();
      await withdrawAct(page, { id: of.id, orgId: of.orgId, actor: JANE, reason: 'found it' });
      expect(await rows()).toEqual([]);
      return typing.type(of);
    },
    'Nobody waits for it any more',
  ],
])('what %s is typed in vain', async (_, act, words) => {
  await expect(act()).rejects.toMatchObject(refused(words));
});
async function typed() {
  const of = await typing.offered();
  await typing.type(of);
  return { of };
}
/** Time passes. */
const OVER = `UPDATE login_typing SET offered_at = offered_at - interval '1 hour', open_until = open_until - interval '1 hour', typed_at = typed_at - interval '1 hour'`;

test('the table itself takes nothing twice, late or of somebody else, whatever the statement', async () => {
  const { id, orgId } = await typing.offered();
  const write = (actor: string) =>
    page.transaction(
      { tenant: orgId },
      (tx) => tx.$executeRaw`UPDATE login_typing SET typed_by = ${actor}, sealed = decode(repeat('00', 8252), 'hex') WHERE request_id = ${id}::uuid`,
    );
  await expect(write(JOHN)).rejects.toMatchObject({ details: { constraint: 'login_typing_by_who_asked' } });
  expect(await write(`${JANE} says Jane`)).toBe(1);
  await expect(write(JANE)).rejects.toMatchObject({ details: { constraint: 'login_typing_once' } });
  await t.sql('DELETE FROM login_request');
  const late = await typing.offered();
  await t.sql(OVER);
  await expect(
    page.transaction(
      { tenant: orgId },
      (tx) => tx.$executeRaw`UPDATE login_typing SET typed_by = ${JANE}, sealed = decode(repeat('00', 8252), 'hex') WHERE request_id = ${late.id}::uuid`,
    ),
  ).rejects.toMatchObject({ details: { constraint: 'login_typing_in_time' } });
});

test('of one organization so many wait to be typed at a time, and of another one more', async () => {
  for (let more = 0; more < 8; more += 1) await typing.ask(await makeEndpoint(t.db, { orgId: endpoint.orgId }));
  await expect(typing.ask()).rejects.toMatchObject(refused('8 logins of this organization wait already'));
  await typing.ask(await makeEndpoint(t.db));
  const [first] = await t.sql<{ id: string }>(`SELECT id::text FROM login_request WHERE org_id = $1 LIMIT 1`, [endpoint.orgId]);
  await withdrawAct(page, { id: first?.id ?? '', orgId: endpoint.orgId, actor: JANE, reason: 'found it' });
  await typing.ask();
});

test('another organization’s request is none', async () => {
  const { id } = await typing.offered();
  const { orgId } = await makeEndpoint(t.db);
  expect(await typingKey(page, { id, orgId, actor: JANE })).toBeNull();
  expect(await typingKey(page, { id: crypto.randomUUID(), orgId: endpoint.orgId, actor: JANE })).toBeNull();
  expect(await findTyping(page, { orgId, endpointId: endpoint.endpointId })).toBeNull();
  await expect(typeLogin(page, { id, orgId, actor: JANE, sealed: new Uint8Array(8_252) })).rejects.toMatchObject(refused('Nobody waits'));
  expect(await rows()).toMatchObject([{ sealed: null }]);
});

test('what nobody types ends, and what was typed for a process that does not take it is gone: neither is done later', async () => {
  const first = await typing.offered();
  expect(await endLeftTypings(t.rotator)).toBe(0);
  await t.sql(OVER);
  expect([await endLeftTypings(t.rotator), await stateOf(), await rows()]).toEqual([1, 'expired', []]);
  const second = await typing.offered();
  await typing.type(second);
  expect(await endLeftTypings(t.rotator)).toBe(0);
  await t.sql(OVER);
  // It went on after a while, and another process has not looked yet.
  expect(await typing.take(second.id)).toBeNull();
  expect([await endLeftTypings(t.rotator), await stateOf(), await rows()]).toEqual([1, 'expired', []]);
  expect([await typing.take(first.id, second.id), await isStillAsked(t.rotator, second)]).toEqual([null, false]);
  // And it may be asked for again at once.
  await typing.offered();
});

test('a rotator that does no such thing lets it end with whatever else nobody takes, and what was begun is left after minutes', async () => {
  const { id, orgId } = await typing.offered();
  await t.sql(`UPDATE login_request SET asked_at = now() - interval '16 minutes'`);
  expect(await endLeftActs(t.rotator, { waitMs: 900_000, workMs: 3_600_000 })).toBe(1);
  expect([await stateOf(), await rows()]).toEqual(['expired', []]);
  const begun = await typing.offered();
  await typing.type(begun);
  await typing.take(begun.id);
  expect(await isStillAsked(t.rotator, begun)).toBe(true);
  await t.sql(`UPDATE login_request SET taken_at = now() - interval '21 minutes' WHERE ended_at IS NULL`);
  expect(await endLeftActs(t.rotator, { waitMs: 900_000, workMs: 3_600_000 })).toBe(1);
  expect([await stateOf(), await isStillAsked(t.rotator, begun)]).toEqual(['left', false]);
  await endAct(t.rotator, { id, orgId, outcome: 'done', code: null, words: 'late' });
  expect(await stateOf()).toBe('left');
});

test('a rotator knows how many were set within the hour, or may be', async () => {
  for (const hours of [0, 0, 2]) {
    const of = await typing.offered();
    await typing.type(of);
    await typing.take(of.id);
    await t.sql(
      `UPDATE login_request SET ended_at = clock_timestamp(), outcome = 'done', taken_at = taken_at - make_interval(hours => $1) WHERE ended_at IS NULL`,
      [hours],
    );
  }
  // And whom a key is out for.
  await typing.offered();
  for (let more = 0; more < 2; more += 1) await typing.ask(await makeEndpoint(t.db));
  expect((await listWantedTypings(t.rotator, { limit: 5 })).map(({ setBefore }) => setBefore)).toEqual([3, 4]);
});
