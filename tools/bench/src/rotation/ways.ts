import type { RotatorProcess } from '@rcm/rotator';
import type { WorldEndpoint } from '@rcm/test-world';
import { rotateWithProduct } from './ours.ts';
import { rotatePlainly } from './plain.ts';
import { rotateWithScript } from './straightforward.ts';

/** What a way of rotating has in its process; all have the product's own clients of database and store, and take of them what they need. */
export interface WayOptions {
  readonly opened: RotatorProcess;
  readonly endpoints: readonly WorldEndpoint[];
  readonly signal: AbortSignal;
  /** Told of each context that was open, and for how long. */
  readonly onClosed: (ms: number) => void;
}

export const WAYS = {
  product: rotateWithProduct,
  /** A browser each, in turn. */
  script: rotateWithScript,
  /** One browser for all, as many contexts as the product has, and a sign-out wherever the product has one. */
  plain: (options: WayOptions) => rotatePlainly(options, { signsOut: true }),
  /** The same, which leaves its sessions to the portal. */
  'plain, no sign-out': (options: WayOptions) => rotatePlainly(options, { signsOut: false }),
} as const satisfies Readonly<Record<string, (options: WayOptions) => Promise<void>>>;

export type Way = keyof typeof WAYS;
