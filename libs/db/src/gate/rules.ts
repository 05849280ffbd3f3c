/** What lets a rotation start besides its own login being free (DESIGN "Rotation": schedule). */
export interface StartRules {
  /** Whether the first scheduled rotation of a portal type and day goes ahead of the others. */
  readonly canary: boolean;
  /** How long a stopped portal type rests before one scheduled rotation may try it, in ms. */
  readonly probeMs: number;
  /** How long a rotation takes at most, in ms: none begins that would reach into a maintenance window. */
  readonly lastingMs: number;
}

/**
 * Why a rotation starts: `due` by its date, `demand` of a person, `compromise` (the password is known to others), `rollback` to an
 * earlier password. Anything else counts as `due`.
 */
export type StartReason = 'due' | 'demand' | 'compromise' | 'rollback';

/**
 * `paused`: by a person. `stopped`: the portal type's breaker is open. `canary`: today's first one is still under way. `busy`: the portal type
 * has as many under way as it may. `maintenance`: the portal's own hours.
 */
export type StartRefusal = 'paused' | 'stopped' | 'canary' | 'busy' | 'maintenance';

/** What a refusal of the breaker, canary or schedule does not hold back: a person who waits, or thieves who do not. */
export const isScheduled = (reason: string): boolean => reason !== 'demand' && reason !== 'compromise' && reason !== 'rollback';
