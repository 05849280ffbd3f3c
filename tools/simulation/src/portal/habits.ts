import type { LockoutRules } from './lockout.ts';

/**
 * How a portal answers a change, and what it does. `long after`: hours later, when nobody expects it any more. A change that has not been made
 * yet is made only if the password is still the one that it was asked with.
 */
export const CHANGE_ANSWERS = [
  'made',
  'error, made',
  'error, not made',
  'error, made late',
  'error, made long after',
  'says changed, does not',
  'says changed, makes it late',
  'says changed, makes it long after',
  'says too short, makes it',
  'says too short, makes it long after',
  'says used before, makes it',
  'refuses',
  'not sent',
] as const;
export type ChangeAnswer = (typeof CHANGE_ANSWERS)[number];

/** What a portal is like, in truth. What the platform was told of it is in its portal type, and need not be the same. */
export interface PortalHabits {
  readonly lockout: LockoutRules;
  /** Wrong and locked read the same. */
  readonly oneText: boolean;
  /** The page of a locked account says until when. */
  readonly tellsUntil: boolean;
  /** A new password is cut to so many characters, and what is typed is compared whole. `null`: kept whole. */
  readonly keepsFirst: number | null;
  readonly foldsCase: boolean;
  /** So long after a change not every part of the portal knows it, in ms. At some portals it is longer than the portal type says. */
  readonly propagationDelayMs: number;
  /** What the parts that do not know it yet do meanwhile: they take the old password, or none. */
  readonly whilePropagating: 'old or new' | 'neither or new';
  readonly asksForCode: boolean;
  /** Beside the current time-step, so many before and after it. */
  readonly codeSkew: number;
  /** The last so many passwords are refused. */
  readonly history: number;
  /** Whether that is looked at before the current password: a change sent twice then reads "used before". */
  readonly historyFirst: boolean;
  /** A wrong current password in the form of a change counts as a failed login does. */
  readonly countsCurrent: boolean;
  /** The form of a change may meet a part of the portal that does not know the newest password yet, as a login does. */
  readonly changeMeetsAnyPart: boolean;
  /** `null`: passwords do not expire. */
  readonly expiresAfterMs: number | null;
  readonly changes: Readonly<Partial<Record<ChangeAnswer, number>>>;
  /** For `late`, in ms. It is within the time that the portal type says a change may take. */
  readonly lateMs: number;
  /** For `long after`, in ms. */
  readonly longAfterMs: number;
}
