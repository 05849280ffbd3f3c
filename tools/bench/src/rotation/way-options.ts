import type { RotatorProcess } from '@rcm/rotator';
import type { EnvironmentEndpoint } from '@rcm/test-environment';

/** What a way of rotating has in its process; all have the product's own clients of database and store, and take of them what they need. */
export interface WayOptions {
  readonly opened: RotatorProcess;
  readonly endpoints: readonly EnvironmentEndpoint[];
  readonly signal: AbortSignal;
  /** Told of each context that was open, and for how long. */
  readonly onClosed: (ms: number) => void;
}
