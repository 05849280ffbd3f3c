import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { endSession, endSessionsOf, findSession, lastingSessions, loseRoles, openSession } from './sessions.ts';

let t: TestDatabase;
let db: Database;
beforeAll(async () => {
  t = await openTestDatabase();
  db = t.another('rcm_console');
});
afterAll(() => t.close());
beforeEach(() => t.sql('DELETE FROM console_session'));

const JANE = { person: 'person:oidc:https://id.example#jane', name: 'Jane', roles: { 'hospital-1': ['operator'] }, agent: 'browser', lifeMs: 60_000 };
const find = (id: string, more: object = {}) => findSession(db, { id, agent: 'browser', idleMs: 30_000, ...more });

test('is found by its id in its browser while it lasts and is used', async () => {
  const id = await openSession(db, JANE);
  expect(await find(id)).toMatchObject({ person: JANE.person, name: 'Jane', roles: JANE.roles });
  expect([await find(`${id}x`), await find(id, { agent: 'another' })]).toEqual([null, null]);
  await t.sql(`UPDATE console_session SET seen_at = now() - interval '31 s'`);
  expect(await find(id)).toBeNull();
  await t.sql(`UPDATE console_session SET seen_at = now(), begun_at = now() - interval '1 hour', ends_at = now() - interval '1 s'`);
  expect(await find(id)).toBeNull();
});

test('is ended alone, or with all of its person’s', async () => {
  const [one, other] = [await openSession(db, JANE), await openSession(db, JANE)];
  const john = await openSession(db, { ...JANE, person: 'person:oidc:https://id.example#john' });
  await endSession(db, one);
  expect([await find(one), (await find(other))?.name]).toEqual([null, 'Jane']);
  expect(await endSessionsOf(db, JANE.person)).toBe(1);
  expect([await find(other), (await find(john))?.name]).toEqual([null, 'Jane']);
});

test('ends where its person has signed in again with less than it has, in whatever browser, and goes on where they have as much', async () => {
  const [wide, equal, narrow] = [
    await openSession(db, { ...JANE, roles: { 'hospital-1': ['operator'], 'hospital-2': ['viewer'] } }),
    await openSession(db, { ...JANE, roles: { 'hospital-1': ['operator'] } }),
    await openSession(db, { ...JANE, roles: { 'hospital-1': ['operator', 'auditor'] } }),
  ];
  expect([await find(wide), (await find(equal))?.name]).toEqual([null, 'Jane']);
  const john = await openSession(db, { ...JANE, person: 'person:oidc:https://id.example#john' });
  await openSession(db, { ...JANE, roles: { '*': ['operator'] } });
  expect([await find(equal), await find(narrow), (await find(john))?.name]).toEqual([null, null, 'Jane']);
});

test('none is left to somebody who has come without a role, and the review says that they have none', async () => {
  const [one, other] = [await openSession(db, JANE), await openSession(db, JANE)];
  await loseRoles(db, JANE.person);
  expect([await find(one), await find(other)]).toEqual([null, null]);
  expect(await t.sql('SELECT roles FROM console_person WHERE person = $1', [JANE.person])).toEqual([{ roles: {} }]);
  await loseRoles(db, 'person:oidc:https://id.example#nobody');
  expect(await t.sql(`SELECT FROM console_person WHERE person LIKE '%#nobody'`)).toEqual([]);
});

test('one person has ten at most, and what has ended is deleted', async () => {
  const ids: string[] = [];
  for (let i = 0; i < 12; i += 1) ids.push(await openSession(db, JANE));
  expect(await t.sql('SELECT FROM console_session')).toHaveLength(10);
  expect([await find(ids[0] ?? ''), await find(ids[1] ?? ''), (await find(ids[2] ?? ''))?.name]).toEqual([null, null, 'Jane']);
  await t.sql(`UPDATE console_session SET begun_at = now() - interval '1 hour', ends_at = now() - interval '1 s'`);
  await openSession(db, JANE);
  expect(await t.sql('SELECT FROM console_session')).toHaveLength(1);
});

test('is not kept going by a page that asks by itself, nor by being looked after', async () => {
  const id = await openSession(db, JANE);
  const { handle = '' } = (await find(id)) ?? {};
  await t.sql(`UPDATE console_session SET seen_at = now() - interval '20 s'`);
  const seenAt = async () => (await t.sql<{ at: string }>('SELECT seen_at::text AS at FROM console_session'))[0]?.at;
  const before = await seenAt();
  expect(await find(id, { use: 'by itself' })).toMatchObject({ person: JANE.person, roles: JANE.roles, handle });
  expect(await lastingSessions(db, { handles: [handle, crypto.randomUUID()], idleMs: 30_000 })).toEqual(new Map([[handle, JANE.roles]]));
  expect(await seenAt()).toBe(before);
  await t.sql(`UPDATE console_session SET seen_at = now() - interval '31 s'`);
  expect([await find(id, { use: 'by itself' }), await lastingSessions(db, { handles: [handle], idleMs: 30_000 })]).toEqual([null, new Map()]);
  await t.sql(`UPDATE console_session SET seen_at = now(), begun_at = now() - interval '1 hour', ends_at = now() - interval '1 s'`);
  expect([await find(id, { use: 'by itself' }), await lastingSessions(db, { handles: [handle], idleMs: 30_000 })]).toEqual([null, new Map()]);
  await expect(lastingSessions(db, { handles: ['x'], idleMs: 1 })).rejects.toMatchObject({ code: 'input_invalid' });
});
