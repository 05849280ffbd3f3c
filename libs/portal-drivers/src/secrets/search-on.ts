import type { SoughtLetters } from './sought-letters.ts';
import type { StretchRows } from './stretch-rows.ts';
import type { TextReadings } from './text-readings.ts';

/** From where to where a secret lies in a text. */
export type Range = readonly [from: number, to: number];

/** What a search works on. */
export interface SearchOn {
  readonly sought: SoughtLetters;
  readonly readings: TextReadings;
  readonly rows: StretchRows;
  /** Told how many steps were done: for tests that hold the work to a bound. */
  readonly visited: (steps: number) => void;
}
