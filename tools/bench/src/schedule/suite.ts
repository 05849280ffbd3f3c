import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { asRoot, endChild } from '@rcm/test-services';
import type { Benchmark, BenchmarkResult, BenchmarkRun } from '../benchmark.ts';
import { atLeast, figure } from '../targets.ts';
import { openDueEnvironment, PORTAL_TYPES } from './due-environment.ts';

const MAIN = join(import.meta.dirname, 'rotator-process.ts');
const SLOTS = 16;
const PORTAL_MS = 4_000;
const LEAST_PERCENT = 90;
const ASK_MS = 500;
/** Longer than a rotator ends what it has in hand. */
const STOP_MS = 150_000;

interface Rotation {
  readonly begun: number;
  readonly ended: number;
}

interface Measured {
  readonly seconds: number;
  /** Of the time that the slots had while there was enough for all of them. */
  readonly percent: number;
}

/** From the first beginning until fewer were left than there are slots. */
export function slotsInUse(rotations: readonly Rotation[], slots: number): number {
  const begins = rotations.map(({ begun }) => begun).sort((a, b) => a - b);
  const [from, until] = [begins[0] ?? 0, begins[begins.length - slots] ?? 0];
  if (until <= from) return 0;
  const busy = rotations.reduce((sum, { begun, ended }) => sum + Math.max(0, Math.min(ended, until) - Math.max(begun, from)), 0);
  return (busy / ((until - from) * slots)) * 100;
}

function start(url: string, rotations: Rotation[]): ChildProcess {
  const child = spawn(process.execPath, [MAIN, String(SLOTS), String(PORTAL_MS)], {
    env: { ...asRoot(), RCM_DATABASE_URL: url },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [begun = 0, ended = 0] = line.split(' ').map(Number);
    rotations.push({ begun, ended });
  });
  return child;
}

async function measure(due: number, rotators: number, run: BenchmarkRun): Promise<Measured> {
  await using testEnvironment = await openDueEnvironment(due);
  const rotations: Rotation[] = [];
  const children = Array.from({ length: rotators }, () => start(testEnvironment.url, rotations));
  try {
    while ((await testEnvironment.countDone()) < due && !run.signal.aborted) {
      if (children.some(({ exitCode }) => exitCode !== null)) throw new Error('A rotator has ended by itself.');
      await new Promise((resolve) => setTimeout(resolve, ASK_MS));
    }
  } finally {
    await Promise.all(children.map((child) => endChild(child, STOP_MS)));
  }
  const seconds = (Math.max(...rotations.map(({ ended }) => ended)) - Math.min(...rotations.map(({ begun }) => begun))) / 1000;
  return { seconds, percent: slotsInUse(rotations, rotators * SLOTS) };
}

async function measureSlots(run: BenchmarkRun): Promise<BenchmarkResult[]> {
  const each = run.size === 'quick' ? 48 : 400;
  const results: BenchmarkResult[] = [];
  for (const rotators of [1, 2, 4]) {
    // As many for each slot, so that each takes as long.
    const due = each * rotators;
    const { seconds, percent } = await measure(due, rotators, run);
    run.progress(`${rotators} at once: ${due} logins in ${seconds.toFixed(0)} s, ${percent.toFixed(1)}% of the slots`);
    const name = `${due} logins due at ${PORTAL_TYPES} portal types, ${rotators} at once with ${SLOTS} slots each, ${PORTAL_MS / 1000} s each`;
    results.push(
      figure({ name: `${name}: slots in use`, value: percent, unit: '%', target: atLeast(LEAST_PERCENT) }),
      figure({ name: `${name}: a second`, value: due / seconds, unit: 'rotations', target: { target: 'none', met: true } }),
    );
  }
  return results;
}

export const suite: readonly Benchmark[] = [{ name: 'due logins', run: measureSlots }];
