import type { AttemptReason } from '../journal/attempt.ts';

/** What lets a rotation start besides its own login being free (docs/design.md, Rotation: schedule). */
export interface StartRules {
  /** Whether the first scheduled rotation of a portal type and day goes ahead of the others. */
  readonly canary: boolean;
  /** How long a stopped portal type cools down before one scheduled rotation may try it, in ms; longer, the longer that was in vain. */
  readonly probeMs: number;
  /** How long a rotation takes at most, in ms: none begins that would reach into a maintenance window. */
  readonly lastingMs: number;
}

/**
 * `paused`: by a person. `stopped`: the portal type's breaker is open. `canary`: today's first one is still under way. `busy`: the portal type
 * has as many under way as it may. `maintenance`: the portal's own hours. `changed`: others would be left with a wrong password, which they were not when it was decided.
 */
export type StartRefusal = 'paused' | 'stopped' | 'canary' | 'busy' | 'maintenance' | 'changed';

/** Whether breaker, canary and schedule hold it back: neither a person who waits, nor thieves who do not. */
export function isScheduled(reason: AttemptReason): boolean {
  switch (reason) {
    case 'due':
    case 'restored':
    case 'resolve':
      return true;
    case 'demand':
    case 'compromise':
    case 'rollback':
      return false;
  }
}
