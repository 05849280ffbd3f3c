/** What one way of rotating came to. */
export interface Measured {
  readonly rotations: number;
  readonly tookMs: number;
  /** Time that browser contexts were open, over all rotations. */
  readonly browserMs: number;
}

export const perMinute = ({ rotations, tookMs }: Measured): number => (rotations * 60_000) / tookMs;
export const browserSeconds = ({ rotations, browserMs }: Measured): number => browserMs / rotations / 1000;
