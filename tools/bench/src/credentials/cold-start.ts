import { setTimeout as sleep } from 'node:timers/promises';
import type { Benchmark, BenchmarkResult } from '../benchmark.ts';
import { rounded } from '../statistics.ts';
import { atMost, exactly, figure, type Target } from '../targets.ts';
import { type Account, startAccount } from './account.ts';
import { type BenchSecret, benchSecrets, seedSecrets } from './secrets.ts';
import { countStoreCalls } from './store-calls.ts';
import { forEachSubject, openSubject, type PerSubject } from './subjects/all.ts';
import { readEach, TEN_MINUTES_MS } from './subjects/subject.ts';

const SIZES = { full: { secrets: 2_000, tenants: 20 }, quick: { secrets: 200, tenants: 4 } } as const;
/** SSM's default quota, and the names that one call carries. */
const QUOTA = 40;
const BATCH = 10;
/** The quota's bucket is full again after one second. */
const REFILL_MS = 1_500;
const CALLERS = 1_000;

interface Burst {
  readonly seconds: number;
  readonly calls: number;
  readonly errors: number;
}

/** Nothing is cached, everybody comes at once, and SSM answers forty calls a second. */
export const coldStart: Benchmark = {
  name: 'cold start',
  async run({ progress, size }) {
    await using account = await startAccount({ readsPerSecond: QUOTA });
    const secrets = benchSecrets(account, { count: SIZES[size].secrets, tenants: SIZES[size].tenants });
    await seedSecrets(account, secrets);
    progress(`  ${CALLERS} simultaneous first reads of one secret`);
    const one = await forEachSubject((name) =>
      burst(
        account,
        name,
        Array.from({ length: CALLERS }, () => secrets[0]).filter((secret) => secret !== undefined),
        'one',
      ),
    );
    progress(`  ${secrets.length} different secrets of ${SIZES[size].tenants} tenants`);
    const many = await forEachSubject((name) => burst(account, name, secrets, 'many'));
    return [firstReadLine(one), ...coldLines(many, secrets.length, SIZES[size].tenants)];
  },
};

async function burst(account: Account, name: Parameters<typeof openSubject>[0], secrets: readonly BenchSecret[], form: 'one' | 'many'): Promise<Burst> {
  await sleep(REFILL_MS);
  const subject = openSubject(name, { account, ttlMs: TEN_MINUTES_MS });
  const calls = countStoreCalls();
  const began = performance.now();
  const ends = await (form === 'one' ? readEach(subject, secrets) : subject.readMany(secrets));
  const seconds = rounded((performance.now() - began) / 1000, 2);
  calls.stop();
  await subject.close();
  return { seconds, calls: calls.count, errors: ends.filter(({ status }) => status === 'rejected').length };
}

const peersOf = ({ powertools, original }: PerSubject<Burst>, what: keyof Burst) => ({ powertools: powertools[what], original: original[what] });

function firstReadLine(bursts: PerSubject<Burst>): BenchmarkResult {
  const { calls, errors } = bursts.ours;
  const name = `${CALLERS} simultaneous first reads of one secret`;
  return { name, ours: calls, peers: peersOf(bursts, 'calls'), unit: 'calls to the store', target: '1', met: calls === 1 && errors === 0 };
}

/** The limit is the quota's: one call in `1 / QUOTA` s. A peer that gives up early is fast: its errors are in the third line. */
function coldLines(bursts: PerSubject<Burst>, secrets: number, tenants: number): BenchmarkResult[] {
  const [fewest, within] = [secrets / BATCH, 1.1];
  const [mostSeconds, mostCalls] = [(fewest / QUOTA) * within, Math.floor(fewest * within)];
  const name = `${secrets} secrets of ${tenants} tenants from cold under ${QUOTA} calls/s`;
  const line = (label: string, what: keyof Burst, unit: string, target: Target): BenchmarkResult =>
    figure({ name: `${name}: ${label}`, value: bursts.ours[what], peers: peersOf(bursts, what), unit, target });
  return [
    line('time', 'seconds', 's', atMost(mostSeconds, `at most ${rounded(mostSeconds, 2)}`)),
    line('calls', 'calls', 'calls to the store', atMost(mostCalls)),
    line('errors', 'errors', 'reads failed', exactly(0)),
  ];
}
