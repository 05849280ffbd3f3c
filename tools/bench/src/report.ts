import type { BenchmarkResult } from './benchmark.ts';

const figure = (value: number | null): string => (value === null ? 'cannot' : value.toLocaleString('en-US', { maximumFractionDigits: 3 }));

/** The results for people: one block per line of the JSON, so that long names and targets stay readable. */
export function describeResults(results: readonly BenchmarkResult[]): string {
  return results
    .map(({ name, ours, peers, unit, target, met }) => {
      const others = Object.entries(peers).map(([peer, value]) => `${peer} ${figure(value)}`);
      return `${met ? 'met   ' : 'MISSED'}  ${name}: ${[`ours ${figure(ours)}`, ...others].join(', ')} ${unit} (target: ${target})\n`;
    })
    .join('');
}
