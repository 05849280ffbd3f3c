import { rotateWithProduct } from './ours.ts';
import { rotatePlainly } from './plain.ts';
import { rotateWithScript } from './straightforward.ts';
import type { WayOptions } from './way-options.ts';

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
