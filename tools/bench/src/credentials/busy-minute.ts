import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '@rcm/local-aws/kit';
import { followCredentialChanges } from '@rcm/portal-access';
import { createLogger } from '@rcm/telemetry';
import type { Benchmark, BenchmarkResult, BenchmarkRun } from '../benchmark.ts';
import { zipf } from '../zipf.ts';
import { quantile, rounded } from '../statistics.ts';
import { atLeast, atMost, exactly, figure, type Target, under } from '../targets.ts';
import { type Account, startAccount } from './account.ts';
import { type BenchDatabase, openBenchDatabase } from './database.ts';
import { rotateAll, rotatedOf } from './rotations.ts';
import { type BenchSecret, benchSecrets, seedSecrets } from './secrets.ts';
import { countStoreCalls } from './store-calls.ts';
import { forEachSubject, openSubject, type PerSubject } from './subjects/all.ts';
import { ours } from './subjects/ours.ts';
import { type Subject, type SubjectName, TEN_MINUTES_MS } from './subjects/subject.ts';
import { VersionTruth } from './version-truth.ts';

const SIZES = {
  full: { secrets: 10_000, tenants: 200, seconds: 60, readsPerSecond: 1_000, rotations: 100 },
  quick: { secrets: 500, tenants: 20, seconds: 10, readsPerSecond: 500, rotations: 15 },
} as const;
type Size = (typeof SIZES)[keyof typeof SIZES];

const QUOTA = 40;
const TICK_MS = 5;
/** Agents at work at once. Without a bound, a reader that asks the store once for every miss has 20 000 requests waiting within seconds. */
const MOST_READERS = 1_000;
/** A read that gets a version which another had replaced longer ago than this is one too many. No reader is told a version here. */
const BOUND_MS = 1_000;
const TARGET_P99_MS = 100;
/** An answer out of a cache takes fewer than this, through all the functions on its way. */
const MICROTASKS = 20;
/** Of 60 000 reads about a tenth are of a secret that nobody had read before; the rest should be hits. */
const TARGET_HIT_RATIO = 80;

interface Minute {
  readonly reads: number;
  readonly failed: number;
  readonly hits: number;
  readonly calls: number;
  /** For how long after each promotion the old version was still given out, in ms. */
  readonly staleness: readonly number[];
  readonly beyondBound: number;
}

/**
 * From cold, 10,000 secrets of 200 tenants are read for a minute, busy ones more than quiet ones, while 1% of them are rotated: a new
 * version in the store, then the row and NOTIFY in one transaction of a real Postgres. Each rotated secret is read before and after,
 * until its new version comes (these reads are not counted). What each read got is held against what the row named when it ended. The
 * peers have no way to hear of a change: they give the old version until the minute is over, and their staleness is what was seen of it.
 */
export const busyMinute: Benchmark = {
  name: 'busy minute',
  async run(run) {
    const size = SIZES[run.size];
    const minutes = await forEachSubject(async (name) => {
      run.progress(`  ${name}: ${size.seconds} s`);
      return inFreshEnvironment(size, (account, secrets, database) => busy(name, { account, secrets, database, size, run }));
    });
    return lines(minutes, size);
  },
};

/** Each reader meets the same secrets at their first version. */
async function inFreshEnvironment<T>(size: Size, act: (account: Account, secrets: readonly BenchSecret[], database: BenchDatabase) => Promise<T>): Promise<T> {
  await using account = await startAccount({ readsPerSecond: QUOTA });
  const secrets = benchSecrets(account, { count: size.secrets, tenants: size.tenants });
  await seedSecrets(account, secrets);
  await using database = await openBenchDatabase(rotatedOf(secrets, size.rotations));
  return await act(account, secrets, database);
}

interface Scene {
  readonly account: Account;
  readonly secrets: readonly BenchSecret[];
  readonly database: BenchDatabase;
  readonly size: Size;
  readonly run: BenchmarkRun;
}

async function busy(name: SubjectName, scene: Scene): Promise<Minute> {
  const { account, secrets, database, size, run } = scene;
  const { subject, follow } = await openFollowing(name, account, database, run);
  const truth = new VersionTruth(BOUND_MS);
  const calls = countStoreCalls();
  const end = performance.now() + size.seconds * 1000;
  let [reads, failed, hits] = [0, 0, 0];
  const probe = async (secret: BenchSecret): Promise<number> => {
    const counter = subject.counterOf(await subject.read(secret));
    truth.saw(secret, counter);
    return counter;
  };
  const read = async (secret: BenchSecret): Promise<void> => {
    reads += 1;
    const reading = probe(secret);
    if (await isAnsweredAtOnce(reading)) hits += 1;
    await reading.catch(() => void (failed += 1));
  };
  const rotating = rotateAll(
    { account, secrets, database, rotations: size.rotations, seconds: size.seconds, signal: run.signal },
    truth,
    (secret) => probe(secret).catch(() => null),
    end,
  );
  await readAll(scene, read, end);
  await rotating;
  calls.stop();
  await follow?.close();
  await subject.close();
  const { staleness, beyondBound } = truth;
  return { reads, failed, hits, calls: calls.count, staleness, beyondBound };
}

/** Out of a cache, whosever: no timer and no socket had to be waited for. */
async function isAnsweredAtOnce(reading: Promise<unknown>): Promise<boolean> {
  let isAnswered = false;
  reading.then(
    () => (isAnswered = true),
    () => undefined,
  );
  for (let turn = 0; turn < MICROTASKS && !isAnswered; turn += 1) await Promise.resolve();
  return isAnswered;
}

/** This project's reader listens, as the web-agent does. */
async function openFollowing(
  name: SubjectName,
  account: Account,
  { db }: BenchDatabase,
  { signal }: BenchmarkRun,
): Promise<{ readonly subject: Subject; readonly follow: { close(): Promise<void> } | null }> {
  if (name !== 'ours') return { subject: openSubject(name, { account, ttlMs: TEN_MINUTES_MS }), follow: null };
  const subject = ours({ account, ttlMs: TEN_MINUTES_MS });
  const logger = createLogger({ name: 'bench', level: 'silent' });
  const follow = await followCredentialChanges({ db, credentials: subject.manager, metrics: subject.metrics, logger, onChanged: () => undefined, signal });
  return { subject, follow };
}

/** So many reads a second, whether the earlier ones were answered or not, by at most so many readers. All have ended when it returns. */
async function readAll({ secrets, size, run }: Scene, read: (secret: BenchSecret) => Promise<void>, end: number): Promise<void> {
  const next = zipf(secrets.length, seededRandom(1));
  const underWay = new Set<Promise<unknown>>();
  const began = performance.now();
  let asked = 0;
  while (performance.now() < end && !run.signal.aborted) {
    const due = ((performance.now() - began) / 1000) * size.readsPerSecond;
    for (; asked < due && underWay.size < MOST_READERS; asked += 1) {
      const secret = secrets[next()];
      if (!secret) continue;
      const reading = read(secret).finally(() => underWay.delete(reading));
      underWay.add(reading);
    }
    await sleep(TICK_MS);
  }
  await Promise.all(underWay);
}

function lines({ ours, powertools, original }: PerSubject<Minute>, size: Size): BenchmarkResult[] {
  const name = `${size.secrets} secrets of ${size.tenants} tenants, Zipf, ${size.seconds} s, ${size.rotations} rotations`;
  const line = (what: string, of: (minute: Minute) => number, unit: string, target: Target): BenchmarkResult =>
    figure({ name: `${name}: ${what}`, value: of(ours), peers: { powertools: of(powertools), original: of(original) }, unit, target });
  const staleness = (part: number) => (minute: Minute) => rounded(quantile(minute.staleness, part));
  return [
    line('hit ratio', ({ hits, reads }) => rounded((100 * hits) / reads, 2), '% of reads', atLeast(TARGET_HIT_RATIO)),
    line('calls', ({ calls }) => calls, 'calls to the store', under(powertools.calls, 'fewer than powertools')),
    line('reads failed', ({ failed }) => failed, 'reads', exactly(0)),
    line('staleness p50', staleness(0.5), 'ms', atMost(TARGET_P99_MS)),
    line('staleness p99', staleness(0.99), 'ms', under(TARGET_P99_MS)),
    line('staleness max', staleness(1), 'ms', atMost(BOUND_MS)),
    line(`reads of a version replaced more than ${BOUND_MS} ms before`, ({ beyondBound }) => beyondBound, 'reads', exactly(0)),
  ];
}
