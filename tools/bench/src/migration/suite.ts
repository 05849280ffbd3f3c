import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { asRoot } from '@rcm/test-services';
import type { Benchmark, BenchmarkResult, BenchmarkRun } from '../benchmark.ts';
import type { Counted } from './counting-proxy.ts';
import { type MigrationWorld, openMigrationWorld, WRITES_PER_SECOND } from './migration-world.ts';

const MAIN = join(import.meta.dirname, '../../../../apps/migrator/src/main.ts');
const PEER = 'script of the original design 6.2';
const LEAST_PERCENT = 95;

interface Measured {
  /** Of the quota, from the first write to the last. */
  readonly percent: number;
  readonly errors: number;
  /** Writes that were taken beyond one a login. */
  readonly twice: number;
  /** Logins without a secret afterwards. */
  readonly left: number;
}

async function runMigrator(world: MigrationWorld, signal: AbortSignal): Promise<void> {
  const child = spawn(process.execPath, ['--disable-sigusr1', MAIN, 'apply', '--reason', 'bench', '--json'], {
    env: { ...asRoot(), ...world.environment },
    stdio: 'ignore',
    signal,
  });
  await new Promise<void>(
    (resolve, reject) =>
      void child.once('error', reject).once('close', (code) => (code === 0 ? resolve() : reject(new Error(`a migrator ended with ${code}`)))),
  );
}

/** One after the other, as the design wrote it down: no pace, no second look, the client's own few retries; a login that fails is passed over. */
async function runScript(world: MigrationWorld): Promise<void> {
  const client = new SSMClient({ region: 'us-east-1', endpoint: world.proxy.endpoint, credentials: world.admin });
  const rows = await world.db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ id: string; org: string; text: string }[]>`
      SELECT id, org_id AS org, (config->'credentials')::text AS text FROM integration_endpoint WHERE secret_arn IS NULL ORDER BY id`,
  );
  const refusals = new Map<string, number>();
  for (const { id, org, text } of rows) {
    const Tags = Object.entries({ TenantId: org, Environment: 'bench', PortalType: 'alpine' }).map(([Key, Value]) => ({ Key, Value }));
    const Name = `/rcm/bench/${org}/endpoints/${id}/script`;
    const put = client.send(new PutParameterCommand({ Name, Value: text, Type: 'SecureString', KeyId: 'alias/rcm-credentials', Tags }));
    const refusal = await put.then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.name : String(error)),
    );
    if (refusal !== null) {
      refusals.set(refusal, (refusals.get(refusal) ?? 0) + 1);
      continue;
    }
    const arn = `arn:aws:ssm:us-east-1:123456789012:parameter${Name}`;
    await world.db.transaction(
      'every tenant',
      (tx) => tx.$executeRaw`UPDATE integration_endpoint SET secret_arn = ${arn}, current_version = '1' WHERE id = ${id}`,
    );
  }
  client.destroy();
  // One that never got through compares nothing.
  const others = [...refusals.keys()].filter((name) => name !== 'ThrottlingException');
  if (others.length > 0) throw new Error(`The script was refused by more than the quota: ${others.join(', ')}.`);
}

function judge({ puts }: Counted, { logins, left }: { readonly logins: number; readonly left: number }): Measured {
  const taken = puts.filter((put) => put.taken);
  const seconds = ((taken.at(-1)?.atMs ?? 0) - (taken[0]?.atMs ?? 0)) / 1000;
  // The first one opens the first interval.
  const percent = seconds > 0 ? ((taken.length - 1) / seconds / WRITES_PER_SECOND) * 100 : 0;
  return { percent, errors: puts.length - taken.length, twice: taken.length - (logins - left), left };
}

async function measure(logins: number, policies: 'the platform’s' | 'none', act: (world: MigrationWorld) => Promise<unknown>): Promise<Measured> {
  const world = await openMigrationWorld(logins, policies);
  try {
    world.proxy.take();
    await act(world);
    const [row] = await world.db.transaction(
      'every tenant',
      (tx) => tx.$queryRaw<{ left: number }[]>`SELECT count(*)::int AS left FROM integration_endpoint WHERE secret_arn IS NULL`,
    );
    return judge(world.proxy.take(), { logins, left: row?.left ?? logins });
  } finally {
    await world.close();
  }
}

async function measureQuota(run: BenchmarkRun): Promise<BenchmarkResult[]> {
  const logins = run.size === 'quick' ? 12 : 120;
  run.progress(`the script, ${logins} logins`);
  const script = await measure(logins, 'none', runScript);
  const results: BenchmarkResult[] = [];
  for (const migrators of [1, 2, 4]) {
    const ours = await measure(logins, 'the platform’s', (world) => Promise.all(Array.from({ length: migrators }, () => runMigrator(world, run.signal))));
    run.progress(`${migrators} at once: ${ours.percent.toFixed(1)}% of the quota, ${ours.errors} refused, ${ours.twice} twice, ${ours.left} left`);
    const name = `${logins} logins at ${WRITES_PER_SECOND} writes a second, ${migrators} at once`;
    results.push(
      {
        name: `${name}: of the quota`,
        ours: ours.percent,
        peers: { [PEER]: script.percent },
        unit: '%',
        target: `at least ${LEAST_PERCENT}`,
        met: ours.percent >= LEAST_PERCENT,
      },
      { name: `${name}: refused by the store`, ours: ours.errors, peers: { [PEER]: script.errors }, unit: 'writes', target: 'none', met: ours.errors === 0 },
      {
        name: `${name}: not moved, or written twice`,
        ours: ours.left + ours.twice,
        peers: { [PEER]: script.left + script.twice },
        unit: 'logins',
        target: 'none',
        met: ours.left + ours.twice === 0,
      },
    );
  }
  return results;
}

export const suite: readonly Benchmark[] = [{ name: 'quota', run: measureQuota }];
