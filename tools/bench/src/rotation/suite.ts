import type { Benchmark, BenchmarkResult, BenchmarkRun } from '../benchmark.ts';
import { type MeasuredEnvironment, openMeasuredEnvironment } from '../measured-environment/measured-environment.ts';
import { PORTAL_LATENCY_MS } from '../portal-latency.ts';
import { median } from '../statistics.ts';
import { type Measured, perMinute, processorSecondsEach } from './measured.ts';
import { linesOf } from './lines.ts';
import { RotatingPart } from './part.ts';
import { type Way, WAYS } from './ways.ts';

const ROUNDS = 2;
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
async function measureRounds(testEnvironment: MeasuredEnvironment, parts: ReadonlyMap<Way, RotatingPart>, run: BenchmarkRun): Promise<Map<Way, Measured[]>> {
  const measured = new Map<Way, Measured[]>([...parts.keys()].map((way) => [way, []]));
  const [rounds, share] = run.size === 'quick' ? [1, 36] : [ROUNDS, 1];
  for (let round = 0; round <= rounds && !run.signal.aborted; round += 1) {
    const told: string[] = [];
    for (const [way, part] of parts) {
      // The first is for warming up.
      const many = Math.ceil(A_ROUND[way] / (round === 0 ? 3 * share : share));
      const rotated = await part.rotate(way, await testEnvironment.fresh(many));
      told.push(`${way} ${perMinute(rotated).toFixed(1)} (${processorSecondsEach(rotated).toFixed(2)} s)`);
      if (round > 0) measured.get(way)?.push(rotated);
    }
    run.progress(`round ${round} of ${rounds}, rotations a minute (processor seconds of each): ${told.join(', ')}`);
  }
  return measured;
}

async function measureRotations(run: BenchmarkRun): Promise<BenchmarkResult[]> {
  await using opened = new AsyncDisposableStack();
  const testEnvironment = opened.use(await openMeasuredEnvironment());
  const parts = new Map<Way, RotatingPart>();
  for (const way of Object.keys(WAYS) as Way[]) parts.set(way, opened.use(await RotatingPart.start(way, testEnvironment)));
  const results: BenchmarkResult[] = [];
  for (const latencyMs of [0, PORTAL_LATENCY_MS]) {
    await testEnvironment.setLatency(latencyMs);
    const measured = await measureRounds(testEnvironment, parts, run);
    if (run.signal.aborted) return [];
    const medians = (of: (measured: Measured) => number) =>
      Object.fromEntries([...measured].map(([way, rounds]) => [way, median(rounds.map(of))])) as Readonly<Record<Way, number>>;
    results.push(...linesOf(medians, latencyMs));
  }
  return results;
}

/** What `npm run bench -- rotation` measures. */
export const suite: readonly Benchmark[] = [{ name: 'rotations', run: measureRotations }];
