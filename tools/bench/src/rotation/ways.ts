import { rotateWithProduct } from './ours.ts';
import { rotatePlainly } from './plain.ts';
import { rotateWithScript } from './straightforward.ts';
import { AT_ONCE } from '../measured-environment/at-once.ts';
import type { AtOnce } from '../measured-environment/measured-environment.ts';
import type { WayOptions } from './way-options.ts';

interface OneWay {
  rotate(options: WayOptions): Promise<void>;
  readonly atOnce: AtOnce;
}

/**
 * The product has twice as many rotations in hand as contexts, as it has by default: while one writes to journal and store it needs no context, and another has it. The
 * others do nothing that is not done in a context.
 */
const ours = (contexts: number): OneWay => ({ rotate: rotateWithProduct, atOnce: { contexts, works: 2 * contexts } });
const plainly = (contexts: number, policy: { readonly signsOut: boolean }): OneWay => ({
  rotate: (options) => rotatePlainly(options, policy),
  atOnce: { contexts, works: contexts },
});

export const WAYS = {
  product: ours(AT_ONCE),
  /** As many contexts and rotations as the product takes by itself. */
  'product, four contexts': ours(4),
  /** A browser each, in turn. */
  script: { rotate: rotateWithScript, atOnce: { contexts: 1, works: 1 } },
  /** One browser for all, as many contexts as the product has, and a sign-out wherever the product has one. */
  plain: plainly(AT_ONCE, { signsOut: true }),
  /** The same with four. */
  'plain, four contexts': plainly(4, { signsOut: true }),
  /** As `plain`, which leaves its sessions to the portal. */
  'plain, no sign-out': plainly(AT_ONCE, { signsOut: false }),
} as const satisfies Readonly<Record<string, OneWay>>;

export type Way = keyof typeof WAYS;
