import type { Spent } from '../measured-environment/measured-environment.ts';

/** What one way of rotating came to, by what its own process knows. */
export interface Rotated {
  readonly rotations: number;
  readonly tookMs: number;
  /** Time that browser contexts were open, over all rotations. */
  readonly browserMs: number;
  /** Questions to the database: each is a round trip. */
  readonly queries: number;
  /** Those of them that ended a transaction. */
  readonly transactions: number;
}

/** The same, with what it cost everybody else. */
export interface Measured extends Rotated, Spent {}

export const perMinute = ({ rotations, tookMs }: Measured): number => (rotations * 60_000) / tookMs;
export const contextSeconds = ({ rotations, browserMs }: Measured): number => browserMs / rotations / 1000;
/** What a rotation uses of processors that are paid for: the program's and its browser's. */
export const processorSecondsEach = ({ rotations, programSeconds, browserSeconds }: Measured): number => (programSeconds + browserSeconds) / rotations;
