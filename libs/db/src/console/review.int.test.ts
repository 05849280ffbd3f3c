import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { listConsolePeople, revokeSession } from './review.ts';
import { type ConsoleRoles, endSession, findSession, openSession } from './sessions.ts';

let t: TestDatabase;
let db: Database;
let one: TestEndpoint;
let two: TestEndpoint;
beforeAll(async () => {
  t = await openTestDatabase();
  db = t.another('rcm_console');
  [one, two] = [await makeEndpoint(t.db), await makeEndpoint(t.db)];
});
afterAll(() => t.close());
beforeEach(async () => {
  await t.sql('DELETE FROM console_session');
  await t.sql('DELETE FROM console_person');
});

const personOf = (name: string): string => `person:oidc:https://id.example#${name}`;
const signIn = (name: string, roles: ConsoleRoles): Promise<string> =>
  openSession(db, { person: personOf(name), name, roles, agent: 'browser', lifeMs: 3_600_000 });
const people = async (orgId: string | null, more: object = {}) => (await listConsolePeople(db, { orgId, idleMs: 60_000, limit: 50, ...more })).people;
const names = async (orgId: string | null) => (await people(orgId)).map(({ name, sessions }) => `${name} ${sessions.length}`);
const handleOf = async (name: string): Promise<string> => (await people(null)).find((each) => each.name === name)?.sessions[0]?.handle ?? '';
const revoke = (handle: string, orgId: string | null) => revokeSession(db, { handle, orgId, actor: personOf('approver'), reason: 'left the company' });

test('an organization sees who has a role in it or everywhere, what they are there, and of nobody what they are elsewhere', async () => {
  await signIn('anna', { [one.orgId]: ['viewer'], [two.orgId]: ['operator'] });
  await signIn('ben', { [two.orgId]: ['viewer'] });
  await signIn('eve', { '*': ['approver'] });
  expect(await names(one.orgId)).toEqual(['anna 1', 'eve 1']);
  expect(await names(null)).toEqual(['anna 1', 'ben 1', 'eve 1']);
  const seen = await people(one.orgId);
  expect(seen.map(({ roles, sessions }) => [roles, sessions[0]?.roles])).toEqual([
    [{ [one.orgId]: ['viewer'] }, { [one.orgId]: ['viewer'] }],
    [{ '*': ['approver'] }, { '*': ['approver'] }],
  ]);
  expect(JSON.stringify(seen)).not.toContain(two.orgId);
});

test('who is not signed in any more is known, with when they were seen last; and a session that still has a role, whatever its person had at their last sign-in', async () => {
  const id = await signIn('anna', { [one.orgId]: ['viewer'] });
  await t.sql(`UPDATE console_person SET seen_at = now() - interval '9 days'`);
  await t.sql(`UPDATE console_session SET seen_at = now() + interval '1 minute'`);
  await endSession(db, id);
  const [anna] = await people(one.orgId);
  expect([anna?.sessions, (anna?.seenAt.getTime() ?? 0) > Date.now()]).toEqual([[], true]);
  await signIn('ben', { [one.orgId]: ['operator'] });
  // As a console of a version before has left it.
  await t.sql(`UPDATE console_person SET roles = jsonb_build_object($1::text, jsonb_build_array('viewer')) WHERE name = 'ben'`, [two.orgId]);
  expect(await names(one.orgId)).toEqual(['anna 0', 'ben 1']);
  expect((await people(one.orgId))[1]?.roles).toEqual({});
  // What nobody may use any more is none.
  await t.sql(`UPDATE console_session SET seen_at = now() - interval '2 minutes'`);
  expect(await names(one.orgId)).toEqual(['anna 0']);
});

test('each is on one page', async () => {
  for (const name of ['c', 'a', 'b']) await signIn(name, { '*': ['viewer'] });
  const seen = [];
  for (let after: string | null = ''; after !== null;) {
    const page: Awaited<ReturnType<typeof listConsolePeople>> = await listConsolePeople(db, { orgId: null, idleMs: 60_000, limit: 1, after });
    seen.push(...page.people.map(({ name }) => name));
    after = page.next;
  }
  expect(seen).toEqual(['a', 'b', 'c']);
});

test('a session is revoked where it has a role, with its event, and is nobody’s from then on; others go on', async () => {
  const [id, other] = [await signIn('anna', { [one.orgId]: ['viewer'] }), await signIn('ben', { [one.orgId]: ['viewer'] })];
  const handle = await handleOf('anna');
  expect([await revoke(handle, two.orgId), await revoke(crypto.randomUUID(), one.orgId)]).toEqual([null, null]);
  await expect(revokeSession(db, { handle, orgId: one.orgId, actor: personOf('approver'), reason: ' ' })).rejects.toMatchObject({ code: 'input_invalid' });
  const find = (session: string) => findSession(db, { id: session, agent: 'browser', idleMs: 60_000 });
  expect((await find(id))?.name).toBe('anna');
  expect(await revoke(handle, one.orgId)).toBe(personOf('anna'));
  expect([await find(id), (await find(other))?.name, await revoke(handle, one.orgId)]).toEqual([null, 'ben', null]);
  const events = await t.sql(`SELECT org_id, actor, subject, reason FROM audit_event WHERE action = 'session.revoked'`);
  expect(events).toEqual([{ org_id: one.orgId, actor: personOf('approver'), subject: personOf('anna'), reason: 'left the company' }]);
});

test('whoever is an approver everywhere revokes any, and the chain of each organization has it', async () => {
  await signIn('ben', { [two.orgId]: ['viewer'] });
  await t.sql(`UPDATE console_person SET seen_at = now() - interval '9 days'`);
  expect(await revoke(await handleOf('ben'), null)).toBe(personOf('ben'));
  expect((await t.sql(`SELECT org_id FROM audit_event WHERE subject = $1`, [personOf('ben')])).map(({ org_id }) => org_id as string).sort()).toEqual(
    [one.orgId, two.orgId].sort(),
  );
  expect((await people(null))[0]).toMatchObject({ sessions: [], seenAt: expect.any(Date) as Date });
});
