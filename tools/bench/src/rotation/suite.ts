import type { Benchmark, BenchmarkResult, BenchmarkRun } from '../benchmark.ts';
import { PORTAL_LATENCY_MS } from '../portal-latency.ts';
import { median } from '../statistics.ts';
import { browserSeconds, type Measured, perMinute } from './measured.ts';
import { rotateWithProduct } from './ours.ts';
import { openRotationWorld, type RotationWorld } from './rotation-world.ts';
import { rotateWithScript } from './straightforward.ts';

const ROUNDS = 3;
const OURS_A_ROUND = 24;
const SCRIPTS_A_ROUND = 6;
const LEAST_FACTOR = 4;
const PEER = 'script of the original design 7.1';

interface Round {
  readonly ours: Measured;
  readonly script: Measured;
}

/** The two ways take turns, so that whatever else the machine does meets both. */
async function measureRounds(world: RotationWorld, run: BenchmarkRun, rounds: number): Promise<Round[]> {
  const measured: Round[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const ours = await rotateWithProduct(world, await world.fresh(OURS_A_ROUND), run.signal);
    const script = await rotateWithScript(world, await world.fresh(SCRIPTS_A_ROUND), run.signal);
    run.progress(`round ${round} of ${rounds}: ours ${perMinute(ours).toFixed(1)}, script ${perMinute(script).toFixed(1)} rotations a minute`);
    measured.push({ ours, script });
  }
  return measured;
}

const medians = (rounds: readonly Round[], of: (measured: Measured) => number): { readonly ours: number; readonly script: number } => ({
  ours: median(rounds.map((round) => of(round.ours))),
  script: median(rounds.map((round) => of(round.script))),
});

async function measureRotations(run: BenchmarkRun): Promise<BenchmarkResult[]> {
  const world = await openRotationWorld();
  try {
    run.progress('one round to warm up, with portals that answer at once');
    const [instant] = await measureRounds(world, run, 1);
    await world.setLatency(PORTAL_LATENCY_MS);
    const rounds = await measureRounds(world, run, ROUNDS);
    const rates = medians(rounds, perMinute);
    const seconds = medians(rounds, browserSeconds);
    // The same work at portals that answer at once takes what is not the portal's.
    const portalShare = (slow: number, quick: number): number => Math.max(0, 1 - quick / slow);
    const share = {
      ours: instant ? portalShare(seconds.ours, browserSeconds(instant.ours)) : Number.NaN,
      script: instant ? portalShare(seconds.script, browserSeconds(instant.script)) : Number.NaN,
    };
    const pages = `pages take ${PORTAL_LATENCY_MS} ms`;
    return [
      {
        name: `rotations, ${pages}`,
        ours: rates.ours,
        peers: { [PEER]: rates.script },
        unit: 'a minute',
        target: `at least ${LEAST_FACTOR} x the script`,
        met: rates.ours >= LEAST_FACTOR * rates.script,
      },
      { name: `browser time of a rotation, ${pages}`, ours: seconds.ours, peers: { [PEER]: seconds.script }, unit: 's', target: 'none: reported', met: true },
      {
        name: `share of the browser time that is the portal's own, ${pages}`,
        ours: share.ours,
        peers: { [PEER]: share.script },
        unit: 'of 1',
        target: 'none: reported',
        met: true,
      },
    ];
  } finally {
    await world.close();
  }
}

/** What `npm run bench -- rotation` measures, in this order. */
export const suite: readonly Benchmark[] = [{ name: 'rotations', run: measureRotations }];
