import { rotateWithProduct } from './ours.ts';
import { rotatePlainly } from './plain.ts';
import { rotateWithScript } from './straightforward.ts';
import { AT_ONCE } from '../measured-environment/at-once.ts';
import type { WayOptions } from './way-options.ts';

interface OneWay {
  rotate(options: WayOptions): Promise<void>;
  /** Rotations and browser contexts at once. */
  readonly atOnce: number;
}

export const WAYS = {
  product: { rotate: rotateWithProduct, atOnce: AT_ONCE },
  /** As many contexts as the product takes by itself. */
  'product, four contexts': { rotate: rotateWithProduct, atOnce: 4 },
  /** A browser each, in turn. */
  script: { rotate: rotateWithScript, atOnce: 1 },
  /** One browser for all, as many contexts as the product has, and a sign-out wherever the product has one. */
  plain: { rotate: (options) => rotatePlainly(options, { signsOut: true }), atOnce: AT_ONCE },
  /** The same with four. */
  'plain, four contexts': { rotate: (options) => rotatePlainly(options, { signsOut: true }), atOnce: 4 },
  /** As `plain`, which leaves its sessions to the portal. */
  'plain, no sign-out': { rotate: (options) => rotatePlainly(options, { signsOut: false }), atOnce: AT_ONCE },
} as const satisfies Readonly<Record<string, OneWay>>;

export type Way = keyof typeof WAYS;
