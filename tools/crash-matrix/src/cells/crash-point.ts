/**
 * Where a rotator can be killed or stopped. An act is something that outlives the process: a write to the journal, to the store, or a
 * password that reaches the portal. `login` types the current password, `prove` the staged one.
 */
export const ROTATION_ACTS = [
  'journal:planned',
  'stage',
  'journal:staged',
  'login',
  'journal:submitting',
  'change',
  'journal:applied',
  'prove',
  'journal:verified',
  'promote',
  'journal:promoted',
  'discard',
  'journal:done',
] as const;

/** What only a recovery does, before it goes on with the acts above. */
export const RECOVERY_ACTS = ['journal:adopted', 'journal:waiting', 'journal:resumed'] as const;

export type Act = (typeof ROTATION_ACTS)[number] | (typeof RECOVERY_ACTS)[number];

/**
 * `before`: nothing of the act has happened. `during`: ledger or journal say that its password is on the way and know of no answer; that
 * of a slow change has reached the portal, that of a login has not left. `after`: it has happened, and nothing after it.
 */
export type When = 'before' | 'during' | 'after';

/** One point of a rotator's life. */
export interface CrashPoint {
  readonly act: Act;
  readonly when: When;
}

export const nameOfPoint = ({ act, when }: CrashPoint): string => `${when} ${act}`;
