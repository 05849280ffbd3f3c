import type { Benchmark } from './benchmark.ts';

/** Loaded on demand: each suite brings its own heavy parts. */
const SUITES: Readonly<Record<string, () => Promise<{ readonly suite: readonly Benchmark[] }>>> = {
  credentials: () => import('./credentials/suite.ts'),
  schedule: () => import('./schedule/suite.ts'),
  rotation: () => import('./rotation/suite.ts'),
  portals: () => import('./portals/suite.ts'),
  linear: () => import('./linear/suite.ts'),
  migration: () => import('./migration/suite.ts'),
  tasks: () => import('./tasks/suite.ts'),
  agents: () => import('./agents/suite.ts'),
  scale: () => import('./scale/suite.ts'),
  operations: () => import('./scale/lists.ts'),
  written: () => import('./written/suite.ts'),
  console: () => import('./console/suite.ts'),
};

export const suiteNames = (): string[] => Object.keys(SUITES);

/** The benchmarks of one suite, or `null` where there is none of that name. */
export async function suiteNamed(name: string): Promise<readonly Benchmark[] | null> {
  const load = Object.hasOwn(SUITES, name) ? SUITES[name] : undefined;
  return load ? (await load()).suite : null;
}
