/** One line of a benchmark's result, the one form of all this project's benchmarks. */
export interface BenchmarkResult {
  readonly name: string;
  /** What this project measured, in `unit`. */
  readonly ours: number;
  /** What others measured on the same inputs in the same run; `null` where a peer cannot do it at all. */
  readonly peers: Readonly<Record<string, number | null>>;
  readonly unit: string;
  /** In words, with its number: `at least 2 x powertools`. */
  readonly target: string;
  readonly met: boolean;
}

/** What a suite is given: progress goes to stderr, and the signal ends it early. */
export interface BenchmarkRun {
  progress(line: string): void;
  readonly signal: AbortSignal;
  /** `quick`: small sizes, to see that a measurement works; its figures are none. */
  readonly size: 'full' | 'quick';
  /** Of the largest fleet, where a suite has one. */
  readonly endpoints?: number | undefined;
}

/** One measurement of a suite, and the lines it gives. */
export interface Benchmark {
  readonly name: string;
  run(run: BenchmarkRun): Promise<BenchmarkResult[]>;
}
