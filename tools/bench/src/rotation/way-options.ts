import type { RotatorProcess } from '@rcm/rotator';
import type { EnvironmentEndpoint } from '@rcm/test-environment';
import type { AtOnce } from '../measured-environment/measured-environment.ts';

/** What a way of rotating has in its process; all have the product's own clients of database and store, and take of them what they need. */
export interface WayOptions {
  readonly opened: RotatorProcess;
  readonly endpoints: readonly EnvironmentEndpoint[];
  readonly signal: AbortSignal;
  /** Rotations and browser contexts at once, where the way has several. */
  readonly atOnce: AtOnce;
  /** Told of each context that was open, and for how long. */
  readonly onClosed: (ms: number) => void;
}
