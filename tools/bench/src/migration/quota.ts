import { temporaryFolder } from '@rcm/test-services';
import type { Benchmark, BenchmarkResult, BenchmarkRun } from '../benchmark.ts';
import type { Counted } from '../counting-proxy.ts';
import { atLeast, exactly, figure, type Target } from '../targets.ts';
import { type MigrationEnvironment, openMigrationEnvironment, WRITES_PER_SECOND } from './migration-environment.ts';
import { migratorProgram, runMigrator } from './migrator-process.ts';
import { runScript } from './original-script.ts';

const PEER = 'script of the original design 6.2';
const LEAST_PERCENT = 95;
const NONE = exactly(0, 'none');

interface Measured {
  /** Of the quota, from the first write to the last. */
  readonly percent: number;
  readonly errors: number;
  /** Writes that were taken beyond one a login. */
  readonly twice: number;
  /** Logins without a secret afterwards. */
  readonly left: number;
}

function judge({ puts }: Counted, { logins, left }: { readonly logins: number; readonly left: number }): Measured {
  const taken = puts.filter((put) => put.taken);
  const seconds = ((taken.at(-1)?.atMs ?? 0) - (taken[0]?.atMs ?? 0)) / 1000;
  // The first one opens the first interval.
  const percent = seconds > 0 ? ((taken.length - 1) / seconds / WRITES_PER_SECOND) * 100 : 0;
  return { percent, errors: puts.length - taken.length, twice: taken.length - (logins - left), left };
}

async function measure(
  logins: number,
  policies: 'the platform’s' | 'none',
  act: (testEnvironment: MigrationEnvironment) => Promise<unknown>,
): Promise<Measured> {
  await using testEnvironment = await openMigrationEnvironment({ logins, policies, quota: 'default' });
  testEnvironment.proxy.take();
  await act(testEnvironment);
  const [row] = await testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ left: number }[]>`SELECT count(*)::int AS left FROM integration_endpoint WHERE secret_arn IS NULL`,
  );
  return judge(testEnvironment.proxy.take(), { logins, left: row?.left ?? logins });
}

async function measureQuota(run: BenchmarkRun): Promise<BenchmarkResult[]> {
  const logins = run.size === 'quick' ? 12 : 2_000;
  await using folder = await temporaryFolder('bench-migrator');
  return await besideTheScript(run, { logins, program: await migratorProgram(folder.path) });
}

async function besideTheScript(
  run: BenchmarkRun,
  { logins, program }: { readonly logins: number; readonly program: readonly string[] },
): Promise<BenchmarkResult[]> {
  run.progress(`the script, ${logins} logins`);
  const script = await measure(logins, 'none', runScript);
  run.progress(`the script: ${script.percent.toFixed(1)}% of the quota, ${script.errors} refused, ${script.twice} twice, ${script.left} left`);
  const results: BenchmarkResult[] = [];
  for (const migrators of [1, 2, 4]) {
    const ours = await measure(logins, 'the platform’s', async ({ environment }) => {
      const order = { program, args: ['apply', '--reason', 'bench', '--json'], environment, signal: run.signal };
      const ends = await Promise.all(Array.from({ length: migrators }, () => runMigrator(order)));
      for (const { code } of ends) if (code !== 0) throw new Error(`a migrator ended with ${code}`);
    });
    run.progress(`${migrators} at once: ${ours.percent.toFixed(1)}% of the quota, ${ours.errors} refused, ${ours.twice} twice, ${ours.left} left`);
    const name = `${logins} logins at ${WRITES_PER_SECOND} writes a second, ${migrators} at once`;
    const line = (what: string, unit: string, of: (measured: Measured) => number, target: Target): BenchmarkResult =>
      figure({ name: `${name}: ${what}`, value: of(ours), peers: { [PEER]: of(script) }, unit, target });
    results.push(
      line('of the quota', '%', ({ percent }) => percent, atLeast(LEAST_PERCENT)),
      line('refused by the store', 'writes', ({ errors }) => errors, NONE),
      line('not moved, or written twice', 'logins', ({ left, twice }) => left + twice, NONE),
    );
  }
  return results;
}

export const quota: Benchmark = { name: 'quota', run: measureQuota };
