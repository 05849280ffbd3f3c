import type { Benchmark, BenchmarkResult, BenchmarkRun } from '../benchmark.ts';
import { type MeasuredEnvironment, openMeasuredEnvironment } from '../measured-environment/measured-environment.ts';
import { PORTAL_LATENCY_MS } from '../portal-latency.ts';
import { median } from '../statistics.ts';
import { type Measured, perMinute, processorSecondsEach } from './measured.ts';
import { linesOf } from './lines.ts';
import { RotatingPart } from './part.ts';
import { type Way, WAYS } from './ways.ts';

/** Of pages that come at once nothing is judged by the clock. */
const ROUNDS = { warmingUp: 1, atOnce: 1, slow: 3 };
/** At the end of a round contexts stand empty, for half of a rotation's time each: of 24 rotations in eight contexts that was a sixth of a round. */
const MANY = 72;
/** One after the other has no such end, and is slow. */
const A_ROUND: Readonly<Record<Way, number>> = {
  product: MANY,
  'product, four contexts': MANY,
  script: 9,
  plain: MANY,
  'plain, four contexts': MANY,
  'plain, no sign-out': MANY,
};

/** The ways take turns, so that whatever else the machine does meets them all. */
async function measureRounds(
  testEnvironment: MeasuredEnvironment,
  parts: ReadonlyMap<Way, RotatingPart>,
  { run, what, rounds, share }: { readonly run: BenchmarkRun; readonly what: string; readonly rounds: number; readonly share: number },
): Promise<Map<Way, Measured[]>> {
  const measured = new Map<Way, Measured[]>([...parts.keys()].map((way) => [way, []]));
  for (let round = 1; round <= rounds && !run.signal.aborted; round += 1) {
    const told: string[] = [];
    for (const [way, part] of parts) {
      const rotated = await part.rotate(way, await testEnvironment.fresh(Math.ceil(A_ROUND[way] / share)));
      told.push(`${way} ${perMinute(rotated).toFixed(1)} (${processorSecondsEach(rotated).toFixed(2)} s)`);
      measured.get(way)?.push(rotated);
    }
    run.progress(`${what}, round ${round} of ${rounds}, rotations a minute (processor seconds of each): ${told.join(', ')}`);
  }
  return measured;
}

async function measureRotations(run: BenchmarkRun): Promise<BenchmarkResult[]> {
  await using opened = new AsyncDisposableStack();
  const testEnvironment = opened.use(await openMeasuredEnvironment());
  const parts = new Map<Way, RotatingPart>();
  for (const way of Object.keys(WAYS) as Way[]) parts.set(way, opened.use(await RotatingPart.start(way, testEnvironment)));
  const results: BenchmarkResult[] = [];
  const isQuick = run.size === 'quick';
  await measureRounds(testEnvironment, parts, { run, what: 'to warm up', rounds: ROUNDS.warmingUp, share: isQuick ? 36 : 4 });
  for (const latencyMs of [0, PORTAL_LATENCY_MS]) {
    await testEnvironment.setLatency(latencyMs);
    const rounds = latencyMs === 0 ? ROUNDS.atOnce : isQuick ? 1 : ROUNDS.slow;
    const measured = await measureRounds(testEnvironment, parts, { run, what: `pages take ${latencyMs} ms`, rounds, share: isQuick ? 36 : 1 });
    if (run.signal.aborted) return [];
    const medians = (of: (measured: Measured) => number) =>
      Object.fromEntries([...measured].map(([way, rounds]) => [way, median(rounds.map(of))])) as Readonly<Record<Way, number>>;
    results.push(...linesOf(medians, latencyMs));
  }
  return results;
}

/** What `npm run bench -- rotation` measures. */
export const suite: readonly Benchmark[] = [{ name: 'rotations', run: measureRotations }];
