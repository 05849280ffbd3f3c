import type { Benchmark, BenchmarkResult } from '../benchmark.ts';
import { type Account, startAccount } from './account.ts';
import { benchSecrets, type BenchSecret, seedSecrets } from './secrets.ts';
import { forEachSubject, openSubject, type PerSubject } from './subjects/all.ts';
import { readEach, TEN_MINUTES_MS } from './subjects/subject.ts';

const SIZES = { full: { secrets: 200 }, quick: { secrets: 40 } } as const;
const OUTAGE_MS = 300_000;
const STEP_MS = 5_000;
/** What is cached was read this long before the outage, so that it expires in the middle of it. */
const AGE_MS = 450_000;

interface Served {
  readonly served: number;
  readonly failed: number;
}

/**
 * The store is down for five minutes; everything had been read seven and a half minutes before, and may be used for ten. The
 * minutes pass by moving the time of day that each reader sees (five seconds at a time, every secret read at each step); the
 * store really does not answer, and all pauses and repeats take the time they take.
 */
export const outage: Benchmark = {
  name: 'store down',
  async run({ progress, size }) {
    await using account = await startAccount();
    const secrets = benchSecrets(account, { count: SIZES[size].secrets, tenants: 10 });
    await seedSecrets(account, secrets);
    const results = await forEachSubject(async (name) => {
      const result = await readThroughOutage(account, name, secrets);
      progress(`  ${name}: ${result.served} served, ${result.failed} failed`);
      return result;
    });
    return lines(results);
  },
};

function lines({ ours, powertools, original }: PerSubject<Served>): BenchmarkResult[] {
  const name = 'store down for 5 minutes (time moved, not waited for)';
  const total = ours.served + ours.failed;
  const line = (what: keyof Served, target: string): BenchmarkResult => ({
    ...{ name: `${name}: reads ${what}`, ours: ours[what], peers: { powertools: powertools[what], original: original[what] } },
    ...{ unit: 'reads', target, met: ours.failed === 0 },
  });
  return [line('served', `all ${total}`), line('failed', '0')];
}

async function readThroughOutage(account: Account, name: Parameters<typeof openSubject>[0], secrets: readonly BenchSecret[]): Promise<Served> {
  const time = shiftTimeOfDay();
  const subject = openSubject(name, { account, ttlMs: TEN_MINUTES_MS });
  try {
    await readEach(subject, secrets);
    time.forward(AGE_MS);
    await account.setFault({ kind: 'down' });
    let [served, failed] = [0, 0];
    for (let passed = 0; passed < OUTAGE_MS; passed += STEP_MS) {
      time.forward(STEP_MS);
      const ends = await readEach(subject, secrets);
      served += ends.filter(({ status }) => status === 'fulfilled').length;
      failed += ends.filter(({ status }) => status === 'rejected').length;
    }
    return { served, failed };
  } finally {
    time.end();
    await account.setFault({ kind: 'none' });
    await subject.close();
  }
}

/** All of them read `Date.now`. Signatures are made from `new Date()`, which stays as it is. */
function shiftTimeOfDay(): { forward(ms: number): void; end(): void } {
  const real = Date.now;
  let shift = 0;
  Date.now = () => real() + shift;
  return {
    forward: (ms) => void (shift += ms),
    end: () => void (Date.now = real),
  };
}
