import type { Benchmark, BenchmarkResult } from '../benchmark.ts';
import { median } from '../statistics.ts';
import { type Account, startAccount } from './account.ts';
import { bytesPerCredential } from './memory/ask.ts';
import { type BenchSecret, benchSecrets, seedSecrets } from './secrets.ts';
import { forEachSubject, openSubject, type PerSubject, subjectNames } from './subjects/all.ts';
import { fill } from './subjects/fill.ts';
import { type Subject, TEN_MINUTES_MS } from './subjects/subject.ts';

/** How many secrets are held; how often each subject is measured, in turns; reads of one turn. */
const SIZES = {
  full: { secrets: 2_000, held: 10_000, rounds: 15, reads: 300_000 },
  quick: { secrets: 200, held: 500, rounds: 5, reads: 50_000 },
} as const;

/** Once everything is held: no call to a store, only the library's own work. */
export const cachedReads: Benchmark = {
  name: 'cached reads',
  async run({ progress, size }) {
    const { secrets: count, held, rounds, reads } = SIZES[size];
    await using account = await startAccount();
    const secrets = benchSecrets(account, { count: held, tenants: 1 });
    progress(`  seeding ${held} secrets`);
    await seedSecrets(account, secrets);
    const rates = await readRates(account, secrets.slice(0, count), { rounds, reads, progress });
    progress('  memory');
    const bytes = await forEachSubject((subject) => bytesPerCredential({ subject, account, secrets: held }));
    return [rateLine(rates), memoryLine(bytes)];
  },
};

function rateLine({ ours, ...peers }: PerSubject<number>): BenchmarkResult {
  return { name: 'cached reads per second', ours, peers, unit: 'reads/s', target: 'at least 2 x powertools', met: ours >= 2 * peers.powertools };
}

/** More is held than by the peers: the version, the times, the handle that does not print. A full default cache must stay below 20 MiB. */
const MOST_BYTES = 2_048;

function memoryLine({ ours, ...peers }: PerSubject<number>): BenchmarkResult {
  return { name: 'memory per cached credential', ours, peers, unit: 'bytes', target: `at most ${MOST_BYTES}`, met: ours > 0 && ours <= MOST_BYTES };
}

interface Rounds {
  readonly rounds: number;
  readonly reads: number;
  progress(line: string): void;
}

/** Median of interleaved rounds: whatever else the machine does for a while hits all of them. */
async function readRates(account: Account, secrets: readonly BenchSecret[], { rounds, reads, progress }: Rounds): Promise<PerSubject<number>> {
  const subjects = await forEachSubject(async (name) => openSubject(name, { account, ttlMs: TEN_MINUTES_MS }));
  const rates: Record<keyof typeof subjects, number[]> = { ours: [], powertools: [], original: [] };
  for (const name of subjectNames) await warm(subjects[name], secrets, reads);
  for (let round = 0; round < rounds; round += 1) for (const name of subjectNames) rates[name].push(await readsPerSecond(subjects[name], secrets, reads));
  for (const name of subjectNames) {
    progress(`  ${name}: ${Math.round(median(rates[name]))} reads/s`);
    await subjects[name].close();
  }
  return forEachSubject(async (name) => Math.round(median(rates[name])));
}

async function warm(subject: Subject, secrets: readonly BenchSecret[], reads: number): Promise<void> {
  await fill(subject, secrets);
  await readsPerSecond(subject, secrets, reads);
}

async function readsPerSecond(subject: Subject, secrets: readonly BenchSecret[], reads: number): Promise<number> {
  const began = performance.now();
  for (let left = reads; left > 0; left -= secrets.length) for (const secret of secrets) await subject.read(secret);
  const done = Math.ceil(reads / secrets.length) * secrets.length;
  return (done / (performance.now() - began)) * 1000;
}
