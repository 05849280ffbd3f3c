import type { Random } from '../time/random.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/**
 * When a person goes on. `after`: so many ms later. `in the next rotation`: so many ms after a rotator has reached for the login's secret for the nth time since it
 * staged a copy, or since it sent the change; people and rotations begin at the same hours, and what goes wrong between them goes wrong within a fraction of a second.
 */
export type Instant =
  | { readonly when: 'after'; readonly ms: number }
  | { readonly when: 'in the next rotation'; readonly since: 'copy' | 'change'; readonly reach: number; readonly ms: number }
  | { readonly when: 'after the next rotation'; readonly ms: number };

export function inRotation(random: Random): Instant {
  const since = random.pick(['copy', 'change', 'change'] as const);
  return { when: 'in the next rotation', since, reach: random.between(1, since === 'copy' ? 8 : 5), ms: random.span(1, 200) };
}
export const afterRotation = (random: Random): Instant => ({ when: 'after the next rotation', ms: random.span(5 * SECOND_MS, 90 * MINUTE_MS) });

export const instantWords = (instant: Instant): string => {
  const ms = instant.ms < MINUTE_MS ? `${instant.ms} ms` : `${Math.round(instant.ms / MINUTE_MS)} min`;
  if (instant.when === 'after') return `after ${ms}`;
  return instant.when === 'after the next rotation'
    ? `${ms} after the next rotation`
    : `in the next rotation, ${ms} after reach ${instant.reach} since the ${instant.since}`;
};
