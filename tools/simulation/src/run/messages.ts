import type { Finding, FindingKind } from '../oracle/finding.ts';

/** What is asked of a worker. */
export type Ask =
  | { readonly ask: 'run'; readonly seeds: readonly number[] }
  /** Tells the first failing seed's story with as little in it as possible. */
  | { readonly ask: 'story'; readonly seed: number; readonly keep: string | null };

export interface SeedSummary {
  readonly seed: number;
  readonly rotations: number;
  readonly logins: number;
  readonly virtualDays: number;
  readonly findings: readonly Finding[];
  /** Of the whole trace: the same for the same seed, wherever it runs. */
  readonly digest: string;
}

export type Answer =
  | { readonly answer: 'ready' }
  | { readonly answer: 'seed'; readonly summary: SeedSummary }
  | { readonly answer: 'done' }
  | { readonly answer: 'story'; readonly seed: number; readonly kind: FindingKind | null; readonly lines: readonly string[] };
