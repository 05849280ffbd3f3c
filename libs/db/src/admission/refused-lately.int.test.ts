import { isLongForm } from '@rcm/test-services';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeEndpoint, openTestDatabase, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';

const CODE = 'crowded';
const SUSPECTS = 3;
/** More than are looked at where more than a hundred were refused. */
const LOGINS = 260;

let t: TestDatabase;
let logins: readonly TestEndpoint[];
beforeAll(async () => {
  t = await openTestDatabase();
  const made: TestEndpoint[] = [];
  for (let i = 0; i < LOGINS; i += 1) made.push(await makeEndpoint(t.db, { orgId: `crowd-${i % 7}`, endpointId: `crowd-${i}`, portal: { code: CODE } }));
  logins = made;
});
afterAll(() => t.close());

interface Row {
  readonly login: number;
  /** So many seconds ago: few different ones, so that some meet. */
  readonly ago: number;
  readonly is: 'accepted' | 'bad' | 'unknown';
}

/** Who asks is the first login. */
async function isRefusing(rows: readonly Row[]): Promise<boolean> {
  await t.sql('DELETE FROM login_attempt');
  await t.sql(
    `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, finished_at, outcome, effect)
     SELECT r.login, r.org, r.endpoint, gen_random_uuid(), 'agent', '1', date_trunc('minute', now()) - r.ago * interval '1 s', now(),
            CASE r.met WHEN 'bad' THEN 'rejected' ELSE r.met END, CASE r.met WHEN 'bad' THEN 'bad' ELSE 'none' END
       FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[]) r (login, org, endpoint, ago, met)`,
    [
      rows.map(({ login }) => logins[login]?.loginIdentity),
      rows.map(({ login }) => logins[login]?.orgId),
      rows.map(({ login }) => logins[login]?.endpointId),
      rows.map(({ ago }) => ago),
      rows.map(({ is }) => is),
    ],
  );
  const [found] = await t.sql<{ refusing: boolean }>(
    `SELECT l.refused >= rcm_many_refused(l.active, $3) AS refusing
       FROM set_config('app.tenant_id', $4, true) CROSS JOIN LATERAL rcm_refused_lately($1, $2, date_trunc('minute', now()) - interval '600 s') l`,
    [CODE, logins[0]?.loginIdentity, SUSPECTS, logins[0]?.orgId],
  );
  return found?.refusing === true;
}

/** By reading every row, as docs/design.md says it. */
function isRefusingByAll(rows: readonly Row[]): boolean {
  const others = rows.filter(({ login, ago }) => login !== 0 && ago < 600);
  const refusals = others.filter(({ is }) => is === 'bad').sort((a, b) => a.ago - b.ago);
  const refused = new Set<number>();
  let longest = 600;
  for (const { login, ago } of refusals) {
    if (!refused.has(login) && refused.size === 100) {
      longest = ago;
      break;
    }
    refused.add(login);
  }
  const lately = others.filter(({ ago }) => ago < longest);
  const newest = (login: number, is: Row['is']): number => Math.min(...lately.filter((row) => row.login === login && row.is === is).map(({ ago }) => ago));
  const active = [...new Set(lately.filter(({ is }) => is !== 'unknown').map(({ login }) => login))];
  const stillBad = active.filter((login) => newest(login, 'bad') < newest(login, 'accepted')).length;
  return stillBad >= Math.max(1, Math.min(SUSPECTS, Math.floor((active.length + 1) / 2)), Math.floor(active.length / 5));
}

const rowsOf = (most: number, share: fc.Arbitrary<Row['is']>, { least = most / 4, longest = most * 2 } = {}): fc.Arbitrary<Row[]> =>
  fc.array(fc.record({ login: fc.nat(most - 1), ago: fc.nat(650), is: share }), { minLength: least, maxLength: longest, size: 'max' });
const of = (accepted: number, bad: number): fc.Arbitrary<Row['is']> =>
  fc.oneof(
    { arbitrary: fc.constant('accepted' as const), weight: accepted },
    { arbitrary: fc.constant('bad' as const), weight: bad },
    { arbitrary: fc.constant('unknown' as const), weight: 1 },
  );

/** What met several logins, or one of them twice, at one instant. */
const together = rowsOf(12, of(4, 2)).map((rows) => rows.map((row) => ({ ...row, ago: row.ago - (row.ago % 100) })));
/** Nobody is refused in the newest time, so that of hundreds who were many have got in since. */
const mended = fc
  .tuple(fc.nat(400), rowsOf(LOGINS, of(5, 4), { least: 500, longest: 1_000 }))
  .map(([before, rows]) => rows.map((row) => (row.is === 'bad' ? { ...row, ago: before + Math.floor((row.ago * (650 - before)) / 650) } : row)));

test.each([
  ['few logins, and moments that several share', together],
  ['a portal of which about a fifth is refused', rowsOf(120, of(8, 2))],
  ['a portal that refuses more than a hundred', mended],
])('what is found by the newest rows is what all of them say: %s', async (_what, histories) => {
  const seen = new Set<boolean>();
  await fc.assert(
    fc.asyncProperty(histories, async (rows) => {
      const refusing = isRefusingByAll(rows);
      seen.add(refusing);
      expect(await isRefusing(rows)).toBe(refusing);
    }),
    { seed: 20_261_130, numRuns: isLongForm() ? 1_000 : 30, endOnFailure: true },
  );
  expect(seen.size, 'both answers').toBe(2);
});

test('of a portal that refused hundreds and lets in again, the time since the hundredth newest refusal says that it is well', async () => {
  const refused = Array.from({ length: 120 }, (_, login): Row => ({ login: login + 1, ago: 500 - login, is: 'bad' }));
  const many = refused.concat(Array.from({ length: 139 }, (_, i): Row => ({ login: 121 + i, ago: 1 + i, is: 'accepted' })));
  expect([await isRefusing(many), isRefusingByAll(many)]).toEqual([true, true]);
  // Those that got in since stand refused no more.
  const again = many.concat(refused.slice(0, 95).map(({ login }) => ({ login, ago: 1, is: 'accepted' })));
  expect([await isRefusing(again), isRefusingByAll(again)]).toEqual([false, false]);
});
