import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { Prisma } from '../generated/client.ts';
import { dice } from '../scale/as-before.fixture.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { claimUnusedLogins } from './keep-alive.ts';
import { DORMANT_AT, KEEP_ALIVE_AT, KEPT_BY_PROGRAM, RECERTIFY_AT, URGENT_AT, VERIFY_AT } from './lapses.ts';
import { notifyOfLapsing } from './notify-of-lapsing.ts';

/** Whoever is looked at in turn is found as soon as by a look at every login, whatever happened since the look before. */
let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

const PORTALS = [
  { dormantAfterDays: 30 },
  { dormantAfterDays: 90, dormantCounts: 'second_factor', recertifyEveryDays: 60 },
  { dormantAfterDays: 60, automation: 'assisted' },
  { verifyEveryDays: 30 },
  { dormantAfterDays: 45, verifyEveryDays: 20 },
  {},
] as const;
const EACH = 4;
const STEPS = 40;
const FROM = Prisma.sql`integration_endpoint e JOIN portal_type p ON p.code = e.portal_type_code JOIN login_identity i ON i.id = e.login_identity`;
const IS_LAPSING = Prisma.sql`(p.dormant_after_days IS NOT NULL AND ${KEEP_ALIVE_AT} <= clock_timestamp())`;
const IS_UNVERIFIED = Prisma.sql`(p.verify_every_days IS NOT NULL AND ${VERIFY_AT} <= clock_timestamp())`;

/** Every login there is, looked at: those that are to be used now. */
const plainlyUnused = async (db: Database): Promise<string[]> =>
  (
    await db.transaction(
      'every tenant',
      (tx) => tx.$queryRaw<{ id: string }[]>`
        SELECT e.id FROM ${FROM} WHERE ${KEPT_BY_PROGRAM} AND (${IS_LAPSING} OR ${IS_UNVERIFIED})
           AND ((p.dormant_after_days IS NOT NULL AND ${URGENT_AT} <= clock_timestamp())
             OR NOT EXISTS (SELECT FROM integration_endpoint d WHERE d.portal_type_code = p.code AND d.secret_arn IS NOT NULL AND d.next_rotation_at <= now()))`,
    )
  )
    .map(({ id }) => id)
    .sort();

/** And of whom people are to be told, with the day. */
const plainlyTold = async (db: Database): Promise<string[]> =>
  (
    await db.transaction(
      'every tenant',
      (tx) => tx.$queryRaw<{ key: string }[]>`
        SELECT 'lapsing:dormant:' || e.id || ':' || (${DORMANT_AT} AT TIME ZONE 'UTC')::date AS key FROM ${FROM}
         WHERE p.automation IS DISTINCT FROM 'forbidden' AND p.dormant_after_days IS NOT NULL AND CASE WHEN ${KEPT_BY_PROGRAM} THEN ${URGENT_AT} ELSE ${KEEP_ALIVE_AT} END <= clock_timestamp()
        UNION ALL
        SELECT 'lapsing:recertify:' || e.id || ':' || (${RECERTIFY_AT} AT TIME ZONE 'UTC')::date FROM ${FROM}
         WHERE p.automation IS DISTINCT FROM 'forbidden' AND p.recertify_every_days IS NOT NULL AND ${RECERTIFY_AT} <= clock_timestamp() + interval '30 days'`,
    )
  )
    .map(({ key }) => key)
    .sort();

/** So many days go by: everything that has happened is that much longer ago. */
const pass = (days: number) =>
  t.sql(`SET session_replication_role = replica;
    UPDATE login_identity SET last_login_at = last_login_at - interval '${days} days', last_code_login_at = last_code_login_at - interval '${days} days',
      person_login_at = person_login_at - interval '${days} days', recertified_at = recertified_at - interval '${days} days', keep_alive_after = NULL;
    UPDATE integration_endpoint SET created_at = created_at - interval '${days} days', secret_taken_at = secret_taken_at - interval '${days} days', next_rotation_at = next_rotation_at - interval '${days} days';
    UPDATE login_upkeep SET use_at = use_at - interval '${days} days', tell_at = tell_at - interval '${days} days';
    SET session_replication_role = origin`);

const ofLogin = (set: string) => (login: TestEndpoint) => t.sql(`UPDATE login_identity SET ${set} WHERE id = $1`, [login.loginIdentity]);
const ofRow = (set: string) => (login: TestEndpoint) => t.sql(`UPDATE integration_endpoint SET ${set} WHERE id = $1`, [login.endpointId]);
const ofPortal = (set: string) => (login: TestEndpoint) =>
  t.sql(
    `SET app.reason = 'a test'; UPDATE portal_type SET ${set} WHERE code = (SELECT portal_type_code FROM integration_endpoint WHERE id = '${login.endpointId}'); RESET app.reason`,
  );

/** What happens to a login, its row or its portal; each only as it can be: a login is never longer ago than it was. */
const HAPPENS = [
  ofLogin('last_login_at = now(), refused_since = NULL'),
  ofLogin('last_login_at = now(), last_code_login_at = now(), refused_since = NULL'),
  ofLogin('person_login_at = now()'),
  ofLogin('recertified_at = now()'),
  ofLogin('refused_since = now()'),
  ofRow(`next_rotation_at = now() - interval '1 day'`),
  ofRow(`next_rotation_at = now() + interval '200 days'`),
  ofRow('current_version = NULL'),
  ofRow(`current_version = '7'`),
  ofRow('secret_taken_at = now()'),
  ofPortal('dormant_after_days = 25'),
  ofPortal('dormant_after_days = 200'),
  ofPortal('verify_every_days = 15'),
  ofPortal('verify_every_days = NULL'),
  ofPortal('recertify_every_days = 40'),
  ofPortal(`dormant_counts = 'login'`),
  ofPortal(`automation = 'assisted'`),
];

test('whatever happens, and however long nobody looked', async () => {
  const draw = dice(20_261_221);
  const logins: TestEndpoint[] = [];
  for (const [at, portal] of PORTALS.entries())
    for (let n = 0; n < EACH; n += 1) logins.push(await makeEndpoint(t.db, { portal: { code: `turn-${at}`, ...portal } }));
  const counts = { used: 0, told: 0 };
  const keys = new Set<string>();
  for (let step = 0; step < STEPS; step += 1) {
    for (let n = draw(6); n > 0; n -= 1) {
      const [login, happens] = [logins[draw(logins.length)], HAPPENS[draw(HAPPENS.length)]];
      if (login) await happens?.(login);
    }
    await pass(1 + draw(9));
    const [unused, told] = [await plainlyUnused(t.db), await plainlyTold(t.db)];
    const claimed = await claimUnusedLogins(t.rotator, { limit: 100, coolDownMs: 1_000 });
    expect(claimed.map(({ endpointId }) => endpointId).sort(), `step ${step}`).toEqual(unused);
    const before = keys.size;
    await notifyOfLapsing(t.rotator);
    for (const { key } of await t.sql<{ key: string }>(`SELECT dedup_key AS key FROM notice WHERE kind = 'lapsing'`)) keys.add(key);
    expect(
      told.filter((key) => !keys.has(key)),
      `step ${step}`,
    ).toEqual([]);
    expect([...keys].slice(before).sort(), `step ${step}`).toEqual(told.filter((key) => [...keys].slice(before).includes(key)));
    counts.used += unused.length;
    counts.told += keys.size - before;
  }
  expect(counts.used).toBeGreaterThan(STEPS);
  expect(counts.told).toBeGreaterThan(STEPS / 2);
});

test('what has become urgent goes before rotations, however late its turn was', async () => {
  const login = await makeEndpoint(t.db, { portal: { code: 'urgent', dormantAfterDays: 30 } });
  await t.sql(`UPDATE login_identity SET last_login_at = now() - interval '24 days 2 hours' WHERE id = $1`, [login.loginIdentity]);
  await t.sql(`UPDATE integration_endpoint SET next_rotation_at = now() - interval '1 day' WHERE id = $1`, [login.endpointId]);
  const claimed = async () =>
    (await claimUnusedLogins(t.rotator, { limit: 100, coolDownMs: 60_000 })).some(({ endpointId }) => endpointId === login.endpointId);
  const turn = (ago: string) => t.sql(`UPDATE login_upkeep SET use_at = now() - $2::interval WHERE endpoint_id = $1`, [login.endpointId, ago]);
  // A login of that day is never due later than that.
  await turn('6 days 2 hours');
  expect(await claimed()).toBe(true);
});

test('of those that cannot be used now none keeps others from their turn', async () => {
  const portal = { code: 'clogged', dormantAfterDays: 30 };
  const stuck = [];
  for (let n = 0; n < 40; n += 1) stuck.push(await makeEndpoint(t.db, { portal }));
  await t.sql(`UPDATE login_identity SET last_login_at = now() - interval '29 days', refused_since = now() WHERE id = ANY ($1)`, [
    stuck.map(({ loginIdentity }) => loginIdentity),
  ]);
  const last = await makeEndpoint(t.db, { portal });
  await t.sql(`UPDATE login_identity SET last_login_at = now() - interval '20 days' WHERE id = $1`, [last.loginIdentity]);
  await t.sql(`UPDATE login_upkeep SET use_at = now() - interval '1 second' WHERE endpoint_id = $1`, [last.endpointId]);
  const found = new Set<string>();
  for (let turn = 0; turn < 4; turn += 1)
    for (const { endpointId } of await claimUnusedLogins(t.rotator, { limit: 100, coolDownMs: 60_000 })) found.add(endpointId);
  expect(found.has(last.endpointId)).toBe(true);
});

/** So many logins of one portal that are due and that nobody uses now, and one more whose turn comes after theirs. */
async function queueOf(code: string, due: { readonly before: string; readonly last: string }) {
  const portal = { code, dormantAfterDays: 30 };
  const before = [];
  for (let n = 0; n < 40; n += 1) before.push(await makeEndpoint(t.db, { portal }));
  const last = await makeEndpoint(t.db, { portal });
  await t.sql(`UPDATE login_identity SET last_login_at = now() - $2::interval WHERE id = ANY ($1)`, [
    before.map(({ loginIdentity }) => loginIdentity),
    due.before,
  ]);
  await t.sql(`UPDATE login_identity SET last_login_at = now() - $2::interval WHERE id = $1`, [last.loginIdentity, due.last]);
  await t.sql(`UPDATE login_upkeep SET use_at = now() - interval '1 second' WHERE endpoint_id = $1`, [last.endpointId]);
  return { before: before.map(({ endpointId }) => endpointId), last: last.endpointId, identities: before.map(({ loginIdentity }) => loginIdentity) };
}

async function foundIn(turns: number): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let turn = 0; turn < turns; turn += 1)
    for (const { endpointId } of await claimUnusedLogins(t.rotator, { limit: 100, coolDownMs: 60_000 })) found.add(endpointId);
  return found;
}

test('nor do those that somebody has in hand, and they are found once they are let go', async () => {
  const { before, last, identities } = await queueOf('in-hand', { before: '29 days', last: '20 days' });
  await t.sql(
    `INSERT INTO login_lease (org_id, endpoint_id, login_identity, kind, holder, acquired_at, expires_at, fence)
     SELECT e.org_id, e.id, e.login_identity, 'shared', 'somebody', now(), now() + interval '1 hour', 1000 + row_number() OVER () FROM integration_endpoint e WHERE e.login_identity = ANY ($1)`,
    [identities],
  );
  const found = await foundIn(4);
  expect(found.has(last)).toBe(true);
  expect(before.filter((id) => found.has(id))).toEqual([]);
  await t.sql(`DELETE FROM login_lease WHERE login_identity = ANY ($1)`, [identities]);
  await t.sql(`UPDATE login_upkeep SET use_at = use_at - interval '10 minutes' WHERE endpoint_id = ANY ($1)`, [before]);
  const later = await foundIn(8);
  expect(before.filter((id) => !later.has(id))).toEqual([]);
});

test('nor do those that wait until their portal has no rotations due; they are found within the hour', async () => {
  const { before, last } = await queueOf('busy', { before: '20 days', last: '24 days 2 hours' });
  await t.sql(`UPDATE integration_endpoint SET next_rotation_at = now() - interval '1 day' WHERE id = $1`, [before[0]]);
  const found = await foundIn(4);
  expect(found.has(last)).toBe(true);
  expect(before.filter((id) => found.has(id))).toEqual([]);
  await t.sql(`UPDATE integration_endpoint SET next_rotation_at = now() + interval '60 days' WHERE id = $1`, [before[0]]);
  await t.sql(`UPDATE login_upkeep SET use_at = use_at - interval '1 hour' WHERE endpoint_id = ANY ($1)`, [before]);
  const later = await foundIn(8);
  expect(before.filter((id) => !later.has(id))).toEqual([]);
});
