import { copyDatabase, type FreshDatabase } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { openDatabase } from '../open-database.ts';
import { fleetOverview } from '../fleet/overview.ts';
import { type Account, BUDGET, Logins, rightAfter } from '../ledger/account.fixture.ts';
import { remainingBudget } from '../ledger/budget.ts';
import { clearLogin } from '../ledger/clearance.ts';
import type { AppRole } from '../roles/app-role.ts';
import { openTestDatabase, PORTAL, type TestDatabase } from '../testing.fixture.ts';
import { asSuperuser, urlFor } from '../testing.ts';
import { recordRestore } from './restore.ts';

const DAY_SECONDS = 86_400;
const PERSON = { actor: 'person:os:jane', reason: 'the disk was lost' };
let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const logins = new Logins(() => t);
const left = (db: Database, on: Account) => remainingBudget(db, on);
/** As if it had been said, or noticed, so much earlier. */
const age = (seconds: number) => t.sql(`UPDATE database_restore SET at = at - $1 * interval '1 s'`, [seconds]);
const forget = () => t.sql('TRUNCATE database_restore');

describe('a person says that it was restored', () => {
  test.each([
    ['failures in a row, or in a window', { lockoutWindowSeconds: 900 }, 900],
    ['until somebody unlocks, after a lock of two hours', { lockoutCounts: 'until_unlocked', lockoutWindowSeconds: null, lockoutLastsSeconds: 7_200 }, 7_200],
    ['until somebody unlocks, for good', { lockoutCounts: 'until_unlocked', lockoutWindowSeconds: null, lockoutLastsSeconds: null }, DAY_SECONDS],
  ] as const)('every login cools down until its portal has forgotten: %s', async (_, portal, seconds) => {
    const on = await logins.account(portal);
    await recordRestore(t.db, { kind: 'restored', ...PERSON });
    const refused = await logins.begin(on);
    const [said] = await t.sql<{ until: Date }>(`SELECT at + $1 * interval '1 s' AS until FROM database_restore ORDER BY id DESC LIMIT 1`, [seconds]);
    expect(refused).toEqual({ allowed: false, reason: 'throttled', until: expect.toSatisfy(rightAfter(said?.until)) as Date });
    expect((await left(t.agent, on)).failuresLeft).toBe(0);
    await age(seconds - 60);
    expect((await left(t.agent, on)).failuresLeft).toBe(0);
    await age(61);
    // It ends as much later as a question took, and no more: on a machine that is not busy, that is over already.
    await expect.poll(async () => (await left(t.agent, on)).failuresLeft, { timeout: 300_000 }).toBe(BUDGET);
    await forget();
  });

  test('a login that support has unlocked since may be made, another may not; nothing lost ends it for all', async () => {
    const [on, other] = [await logins.account(), await logins.account()];
    await recordRestore(t.db, { kind: 'restored', ...PERSON });
    await clearLogin(t.rotator, { ...on, kind: 'unlocked', actor: PERSON.actor, reason: 'support has called back' });
    expect((await left(t.agent, on)).failuresLeft).toBe(BUDGET);
    expect((await left(t.agent, other)).failuresLeft).toBe(0);
    await recordRestore(t.db, { kind: 'nothing_lost', ...PERSON });
    expect((await left(t.agent, other)).failuresLeft).toBe(BUDGET);
    expect((await fleetOverview(t.another('rcm_operator'))).restore).toMatchObject({ kind: 'nothing_lost', ...PERSON });
    await forget();
  });

  test('it stands in the trail of every organization; without a reason nothing is said', async () => {
    const [on, other] = [await logins.account(), await logins.account()];
    await expect(recordRestore(t.db, { kind: 'restored', actor: PERSON.actor, reason: ' ' })).rejects.toMatchObject({ code: 'input_invalid' });
    expect((await left(t.agent, on)).failuresLeft).toBe(BUDGET);
    await recordRestore(t.db, { kind: 'restored', ...PERSON });
    const events = await t.sql(`SELECT org_id, actor, reason FROM audit_event WHERE action = 'database.restored' AND org_id = ANY($1) ORDER BY org_id`, [
      [on.orgId, other.orgId],
    ]);
    expect(events).toEqual([on.orgId, other.orgId].sort().map((org_id) => ({ org_id, ...PERSON })));
    await forget();
  });

  test('no app may say it, or take it back', async () => {
    for (const role of ['rcm_agent', 'rcm_rotator', 'rcm_migrator', 'rcm_operator'] as const)
      for (const statement of [
        `INSERT INTO database_restore (kind, actor, reason) VALUES ('nothing_lost', 'me', 'because')`,
        'DELETE FROM database_restore',
        'INSERT INTO database_place (system_identifier, database_oid) VALUES (1, 1)',
      ])
        await expect(asSuperuser(urlFor(role, t.url), [statement]), `${role}: ${statement}`).rejects.toThrow('permission denied');
  });
});

describe('a copy of it, as a backup that was restored', () => {
  let copy: FreshDatabase;
  const opened: Database[] = [];
  const open = (role: AppRole): Database => {
    const db = openDatabase({ url: urlFor(role, copy.url), applicationName: 'test copy', role, maxConnections: 2 });
    opened.push(db);
    return db;
  };
  afterAll(async () => {
    await Promise.all(opened.map((db) => db.close()));
    await copy?.drop();
  });

  test('whoever starts there first notices, and every login cools down; where it was nothing does', async () => {
    const on = await logins.account({ ...PORTAL, code: 'copied' });
    expect((await left(t.agent, on)).failuresLeft).toBe(BUDGET);
    copy = await copyDatabase(t.url);
    const [one, other] = [open('rcm_agent'), open('rcm_rotator')];
    const both = await Promise.all([left(one, on), left(other, on)]);
    expect(both.map(({ failuresLeft }) => failuresLeft)).toEqual([0, 0]);
    expect((await left(t.agent, on)).failuresLeft).toBe(BUDGET);
    // Once, however many start.
    await left(open('rcm_rotator'), on);
    expect((await fleetOverview(open('rcm_operator'))).restore).toMatchObject({ kind: 'another_place', actor: 'rcm' });
    const owner = openDatabase({ url: copy.url, applicationName: 'test copy' });
    opened.push(owner);
    const said = await owner.transaction('every tenant', (tx) => tx.$queryRaw<{ n: number }[]>`SELECT count(*)::int AS n FROM database_restore`);
    expect(said).toEqual([{ n: 1 }]);
    await recordRestore(owner, { kind: 'nothing_lost', ...PERSON });
    expect((await left(open('rcm_agent'), on)).failuresLeft).toBe(BUDGET);
  });

  test('that nothing was lost may be said before anybody has started there', async () => {
    const on = await logins.account({ ...PORTAL, code: 'moved' });
    await Promise.all(opened.splice(0).map((db) => db.close()));
    await copy.drop();
    copy = await copyDatabase(t.url);
    const owner = openDatabase({ url: copy.url, applicationName: 'test copy' });
    opened.push(owner);
    await recordRestore(owner, { kind: 'nothing_lost', ...PERSON });
    expect((await left(open('rcm_agent'), on)).failuresLeft).toBe(BUDGET);
    expect((await fleetOverview(open('rcm_operator'))).restore).toMatchObject({ kind: 'nothing_lost', ...PERSON });
  });
});
