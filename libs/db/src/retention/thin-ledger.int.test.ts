import { isLongForm } from '@rcm/test-services';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NewPortalType } from '../endpoints/endpoint.ts';
import { knownVersions } from '../journal/known-versions.ts';
import { ledgerState } from '../ledger/budget.ts';
import { passwordRecord } from '../ledger/password.ts';
import { makeEndpoint, openTestDatabase, printOf, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { countThinned, LEAST_LEDGER_DAYS, thinLedger } from './thin-ledger.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

const thin = (limit = 500) => thinLedger(t.rotator, { keptDays: LEAST_LEDGER_DAYS, limit });
/** Nobody has logged in, and nothing was looked at. */
const begin = () => t.sql('DELETE FROM login_attempt; DELETE FROM ledger_thinned');

/** One line: when it began (hours before now), how long it took, how it ended, with what. */
interface Line {
  readonly ago: number;
  readonly minutes: number;
  readonly said: string | null;
  readonly password: string;
  readonly version: string;
  readonly other: boolean;
}

const effectOf = (said: string | null): string | null =>
  said === null ? null : said === 'rejected' ? 'bad' : said === 'rejected_or_locked' ? 'suspect' : 'none';

const write = (of: readonly TestEndpoint[], { ago, minutes, said, password, version, other }: Line) => {
  const on = of[other ? 1 : 0] ?? of[0];
  return t.sql(
    `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, fingerprint, started_at, finished_at, outcome, effect, proved, process)
     SELECT $1, $2, $3, gen_random_uuid(), 'agent', $4, $5, a.at, CASE WHEN $7::text IS NOT NULL THEN a.at + $6::float8 * interval '1 minute' END, $7, $8, $7 IS NOT DISTINCT FROM 'accepted' OR $7 IS NOT DISTINCT FROM 'password_expired', 'p'
       FROM (SELECT now() - $9::float8 * interval '1 hour' AS at) a`,
    [on?.loginIdentity, on?.orgId, on?.endpointId, version, printOf(password), minutes, said, effectOf(said), ago],
  );
};

const [PASSWORDS, DAY] = [['one', 'two'], 24];
/** Mostly runs of acceptances, with everything else between them, half of it older than the ledger is kept. */
const line = fc.record({
  ago: fc.integer({ min: 1, max: 2 * LEAST_LEDGER_DAYS * DAY * 60 }).map((minutes) => minutes / 60),
  minutes: fc.constantFrom(1, 1, 1, 5, 600),
  said: fc.oneof(
    { arbitrary: fc.constant('accepted'), weight: 12 },
    { arbitrary: fc.constantFrom('rejected', 'rejected_or_locked', 'locked', 'unknown', 'mfa_rejected', 'password_expired', 'not_submitted', null), weight: 2 },
  ),
  password: fc.oneof({ arbitrary: fc.constant('one'), weight: 5 }, fc.constant('two')),
  version: fc.oneof({ arbitrary: fc.constant('1'), weight: 5 }, fc.constant('2')),
  other: fc.oneof({ arbitrary: fc.constant(false), weight: 6 }, fc.constant(true)),
});

/** Portals that count in each way. */
const PORTALS: readonly Partial<NewPortalType>[] = [
  { lockoutCounts: 'consecutive', lockoutWindowSeconds: 900 },
  { lockoutCounts: 'window', lockoutWindowSeconds: 900 * DAY * 3600 },
  { lockoutCounts: 'consecutive', lockoutWindowSeconds: null },
];

/** Whatever anybody asks the ledger of a login, by the product's own functions, and the questions that other statements put to it, at every instant of its history. */
async function answers(on: TestEndpoint, instants: readonly number[]): Promise<unknown> {
  const state = await t.rotator.transaction({ tenant: on.orgId }, (tx) => ledgerState(tx, on.loginIdentity));
  const records = await t.rotator.transaction({ tenant: on.orgId }, (tx) =>
    Promise.all(PASSWORDS.map((password) => passwordRecord(tx, { loginIdentity: on.loginIdentity, fingerprints: [printOf(password)], since: new Date(0) }))),
  );
  const versions = await knownVersions(t.rotator, { ...on, limit: 5 });
  // What the triggers make of it, with the next line.
  await t.sql(
    `UPDATE login_attempt SET outcome = outcome WHERE id = (SELECT id FROM login_attempt WHERE login_identity = $1 AND outcome = 'accepted' ORDER BY started_at DESC LIMIT 1)`,
    [on.loginIdentity],
  );
  const identity = await t.sql('SELECT refused_since, first_accepted_at, last_login_at FROM login_identity WHERE id = $1', [on.loginIdentity]);
  const asked = await t.sql(
    `SELECT m.at, (SELECT count(DISTINCT (a.endpoint_id, a.version, a.fingerprint, a.proved))::int FROM login_attempt a
                     WHERE a.login_identity = $1 AND (a.proved OR a.outcome = 'accepted') AND a.started_at > to_timestamp(m.at)) AS after
       FROM unnest($2::float8[]) m (at) ORDER BY 1`,
    [on.loginIdentity, instants],
  );
  const failed = await t.sql(
    `SELECT f.id, EXISTS (SELECT FROM login_attempt ok WHERE ok.login_identity = $1 AND ok.outcome = 'accepted' AND ok.started_at > f.started_at) AS after,
            EXISTS (SELECT FROM login_attempt ok WHERE ok.login_identity = $1 AND ok.outcome = 'accepted' AND ok.started_at > f.finished_at) AS later,
            (SELECT min(ok.started_at) FROM login_attempt ok WHERE ok.login_identity = $1 AND ok.outcome = 'accepted' AND ok.started_at > f.finished_at) AS first,
            (SELECT max(ok.started_at) FROM login_attempt ok WHERE ok.login_identity = $1 AND ok.outcome = 'accepted' AND ok.started_at < f.started_at) AS last
       FROM login_attempt f WHERE f.login_identity = $1 AND f.outcome IS DISTINCT FROM 'accepted' ORDER BY 1`,
    [on.loginIdentity],
  );
  const { now: _now, ...counted } = state;
  return { counted, records, versions, identity, asked, failed };
}

test('whatever was tried, in whatever order: what anybody asks the ledger has the same answer after it was thinned', { timeout: 1_200_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 10, maxLength: 40, size: 'max' }), fc.constantFrom(...PORTALS), async (lines, portal) => {
      await begin();
      const one = await makeEndpoint(t.db, { portal });
      const other = await makeEndpoint(t.db, {
        orgId: one.orgId,
        loginIdentity: one.loginIdentity,
        secretArn: one.secretArn,
        portal: { ...portal, code: `other-${one.endpointId}` },
      });
      for (const told of lines) await write([one, other], told);
      // Right before and after each line, by the server's clock: seconds since 1970.
      const begun = await t.sql<{ at: number }>('SELECT extract(epoch FROM started_at)::float8 AS at FROM login_attempt WHERE login_identity = $1', [
        one.loginIdentity,
      ]);
      const instants = begun.flatMap(({ at }) => [at - 0.001, at + 0.001]);
      const before = await answers(one, instants);
      await thin();
      expect(await answers(one, instants)).toEqual(before);
    }),
    { numRuns: isLongForm() ? 1_000 : 40, endOnFailure: true },
  );
});

describe('of logins in a row', () => {
  const daily = async (days: number, from: number) => {
    const on = await makeEndpoint(t.db, { portal: {} });
    for (let day = 0; day < days; day += 1)
      await write([on], { ago: (from - day) * DAY, minutes: 1, said: 'accepted', password: 'one', version: '1', other: false });
    return on;
  };
  const left = async ({ loginIdentity }: TestEndpoint) => {
    const rows = await t.sql<{ ago: number }>(
      `SELECT floor(extract(epoch FROM now() - started_at) / 86400)::int AS ago FROM login_attempt WHERE login_identity = $1 ORDER BY started_at`,
      [loginIdentity],
    );
    return rows.map(({ ago }) => ago);
  };

  test('the first and the last stay, and what is younger than 400 days', async () => {
    await begin();
    const on = await daily(9, 406.5);
    // To 398.5 days: the last that is old enough stands between two, too.
    expect(await countThinned(t.another('rcm_operator'), { keptDays: LEAST_LEDGER_DAYS })).toEqual({ looked: 7, going: 6 });
    expect(await left(on)).toHaveLength(9);
    expect(await thin()).toEqual({ looked: 7, gone: 6 });
    expect(await left(on)).toEqual([406, 399, 398]);
  });

  test('a failure between them is kept, and both beside it', async () => {
    await begin();
    const on = await daily(4, 500);
    await write([on], { ago: 495 * DAY, minutes: 1, said: 'rejected', password: 'two', version: '1', other: false });
    for (const ago of [494, 493, 492]) await write([on], { ago: ago * DAY, minutes: 1, said: 'accepted', password: 'one', version: '1', other: false });
    expect((await thin()).gone).toBe(3);
    expect(await left(on)).toEqual([500, 497, 495, 494, 492]);
  });

  test('one stays that is the first after the end of a failure which was under way when the one before began', async () => {
    await begin();
    const on = await makeEndpoint(t.db, { portal: {} });
    const at = (hours: number, said: string, minutes = 1) =>
      write([on], { ago: 500 * DAY - hours, minutes, said, password: said === 'accepted' ? 'one' : 'two', version: '1', other: false });
    await at(0, 'accepted');
    await at(1, 'rejected', 90);
    for (const hours of [2, 3, 4, 5]) await at(hours, 'accepted');
    expect(await thin()).toEqual({ looked: 5, gone: 1 });
    const rows = await t.sql<{ hour: number }>(
      `SELECT round(extract(epoch FROM started_at - min(started_at) OVER ()) / 3600)::int AS hour FROM login_attempt WHERE login_identity = $1 ORDER BY started_at`,
      [on.loginIdentity],
    );
    expect(rows.map(({ hour }) => hour)).toEqual([0, 1, 2, 3, 5]);
  });

  test('each line is looked at once, some at a time; who comes later goes on from there', async () => {
    await begin();
    const on = await daily(7, 600);
    expect([await thin(3), await thin(3), await thin(3), await thin(3)]).toEqual([
      { looked: 3, gone: 2 },
      { looked: 3, gone: 3 },
      { looked: 1, gone: 0 },
      { looked: 0, gone: 0 },
    ]);
    expect(await left(on)).toEqual([600, 594]);
  });

  test('nothing goes of an account that had another name, nor of one that somebody holds at the moment', async () => {
    await begin();
    const [renamed, held, former] = [await daily(4, 500), await daily(4, 500), await makeEndpoint(t.db)];
    await t.sql('INSERT INTO login_identity_past (identity, former, until) VALUES ($1, $2, now())', [renamed.loginIdentity, former.loginIdentity]);
    await t.db.transaction('no tenant', async (tx) => {
      await tx.$queryRaw`SELECT 1 AS one FROM login_identity WHERE id = ${held.loginIdentity} FOR UPDATE`;
      expect(await thin()).toMatchObject({ gone: 0 });
    });
    expect([(await left(renamed)).length, (await left(held)).length]).toEqual([4, 4]);
  });
});

test('no line goes otherwise: not sooner, not for a tenant, not by anybody else, and no failure by the role of the function', async () => {
  const on = await makeEndpoint(t.db);
  await write([on], { ago: 1_000 * DAY, minutes: 1, said: 'rejected', password: 'one', version: '1', other: false });
  await expect(thinLedger(t.rotator, { keptDays: 399, limit: 1 })).rejects.toMatchObject({ code: 'input_invalid' });
  const raw = (scope: 'no tenant' | { readonly tenant: string }, days: number) =>
    t.rotator.transaction(scope, (tx) => tx.$queryRaw`SELECT looked FROM rcm_thin_ledger(${days}::int, 1)`);
  await expect(raw('no tenant', 399)).rejects.toMatchObject({ code: 'input_invalid' });
  await expect(raw({ tenant: on.orgId }, 400)).rejects.toMatchObject({ code: 'database_failed' });
  for (const role of ['rcm_agent', 'rcm_operator', 'rcm_migrator'] as const)
    await expect(thinLedger(t.another(role), { keptDays: 400, limit: 1 })).rejects.toMatchObject({ code: 'database_failed' });
  for (const role of ['rcm_agent', 'rcm_rotator'] as const) {
    const deletes = t
      .another(role)
      .transaction({ tenant: on.orgId }, (tx) => tx.$executeRaw`DELETE FROM login_attempt WHERE login_identity = ${on.loginIdentity}`);
    await expect(deletes).rejects.toMatchObject({ code: 'database_failed' });
  }
  const asInternal = t.db.transaction('no tenant', async (tx) => {
    await tx.$executeRaw`SET LOCAL ROLE rcm_internal`;
    await tx.$executeRaw`DELETE FROM login_attempt WHERE login_identity = ${on.loginIdentity}`;
  });
  await expect(asInternal).rejects.toMatchObject({ details: { constraint: 'login_attempt_append_only' } });
});
