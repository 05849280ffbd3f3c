import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { plan } from './commands/plan.ts';
import { verify } from './commands/verify.ts';
import type { Migration } from './migration.ts';
import type { Report } from './report.ts';
import { plant, seeds } from './seeds.fixture.ts';
import { openTestEnvironment, type TestEnvironment } from './testing.fixture.ts';

/** One login in so many rows, so that few of them go through several pages. */
const ONE_IN = 10;
const ROWS = 1_600;
/** Twice the same place in a page; the run ends in the middle of a page, too. */
const FEW = 21;
const MANY = 141;
/** As much that only rows with a login have, so that whatever kept them could not be taken for anything else. */
const BYTES_A_ROW = 200_000;
/**
 * Half of the least that a kept row would be. Which pages are in hand is nobody's to say: each worker of `verify` has one,
 * five such rows or a megabyte, and a busy machine has one more or fewer of them at the second look.
 */
const KEPT_A_ROW = 50_000;

let testEnvironment: TestEnvironment;
beforeAll(async () => {
  testEnvironment = await openTestEnvironment();
  await plant(testEnvironment.db, seeds(1));
  await testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$executeRaw`
      INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url, config)
      SELECT 'row-' || lpad(n::text, 4, '0'), 'north-1', 'alpine', 'account-' || n, 'https://alpine.example/' || repeat('x', long),
             CASE long WHEN 0 THEN '{}' ELSE jsonb_build_object('remark', repeat('x', long), 'credentials', jsonb_build_object('username', 'user-' || n, 'password', 'Pass-' || n || '-word')) END
        FROM generate_series(1, ${ROWS}::int) n, LATERAL (SELECT CASE n % ${ONE_IN}::int WHEN 0 THEN ${BYTES_A_ROW / 2}::int ELSE 0 END AS long) l`,
  );
}, 120_000);
afterAll(() => testEnvironment.close());

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What is in use once garbage is gone, when few and when many endpoints have ended. */
async function usedBy(command: (migration: Migration) => Promise<Report>): Promise<{ readonly few: number; readonly many: number }> {
  const used = { few: 0, many: 0 };
  let ended = 0;
  const onEnd = ({ outcome }: { readonly outcome: string }): void => {
    if (outcome === 'nothing') return;
    ended += 1;
    if (ended !== FEW && ended !== MANY) return;
    collect();
    used[ended === FEW ? 'few' : 'many'] = process.memoryUsage().heapUsed;
  };
  expect(await command({ ...testEnvironment.migrator(), concurrency: 1, endpoints: 'told', onEnd })).toMatchObject({ complete: true });
  return used;
}

it.each([
  ['plan', plan],
  ['apply', apply],
  ['verify', verify],
] as const)('%s holds no row that it is done with', { timeout: 600_000 }, async (_name, command) => {
  const { few, many } = await usedBy(command);
  expect((many - few) / (MANY - FEW)).toBeLessThan(KEPT_A_ROW);
});
