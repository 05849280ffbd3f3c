import { fitsPattern } from '@rcm/portal-drivers';
import type { Benchmark } from '../benchmark.ts';
import { growth } from './growth.ts';
import { processorMs } from './processor-time.ts';

/** Patterns on which an engine that tries again takes the square of a text, or its power of two. A recipe's inputs have 1,000 letters at most; here they have more. */
const PATTERNS: readonly { readonly pattern: string; readonly piece: string }[] = [
  { pattern: '([A-Z0-9]+-?)+', piece: 'A' },
  { pattern: '(a|aa)+', piece: 'a' },
  { pattern: '(\\w+\\s?)*', piece: 'word ' },
  { pattern: '.*a.*b.*c', piece: 'ab' },
  { pattern: '(\\d+)*(\\d+)*x', piece: '1' },
  { pattern: '[01]*1[01]{30}', piece: '01' },
];

/** Processor time of recipes' patterns from 1 kB to 1 MB, for a text that fits but for its last letter. */
export const patternGrowth: Benchmark = {
  name: 'work of patterns',
  run: async (run) =>
    PATTERNS.map(({ pattern, piece }) => {
      const time = (length: number): number => {
        const text = `${piece.repeat(Math.ceil(length / piece.length)).slice(0, length - 1)}!`;
        return processorMs(() => void fitsPattern(pattern, text), 1_000_000 / length) * 1_000;
      };
      // Compiled, and its states met.
      time(1_000);
      return growth({ what: `pattern ${pattern}, time`, unit: 'µs', costOf: time, from: 10_000, most: 3 }, run);
    }),
};
