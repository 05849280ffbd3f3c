import type { CharacterSet } from './character-set.ts';

/** Characters of which a password holds so many at least. */
export interface RequiredSet extends CharacterSet {
  readonly atLeast: number;
}

/** What a portal demands of a password. */
export interface PasswordRules {
  readonly minLength: number;
  readonly maxLength: number;
  /** At least one character out of each, or as many as it says. */
  readonly required: readonly RequiredSet[];
  /** Every character is out of this one: what is allowed and what is required. */
  readonly allowed: CharacterSet;
  /** How often one character may be repeated in a row; `null`: as often as you like. */
  readonly maxConsecutive: number | null;
  /** The portal refuses a password that holds the user name. Ours never do; this is for passwords typed by people. */
  readonly notUsername: boolean;
  /** What the first character must be; `null`: anything allowed. */
  readonly start: CharacterSet | null;
  /** Earlier passwords that the portal remembers and refuses. */
  readonly history: number;
  /** How old a password must be before the portal lets it be changed, in hours. */
  readonly minAgeHours: number;
  /** How often the portal lets a password be changed in 24 hours; `null`: as often as you like. */
  readonly changesPerDay: number | null;
  /** So many characters of a new password are none of the current one's. */
  readonly differs: number;
  /** How much of a password, in percent, may be characters of the current one; `null`: all of it. */
  readonly reusePercent: number | null;
  /** In small letters: a password holds none of them, whatever the case. */
  readonly words: readonly string[];
  /** How many characters may follow one another in the alphabet or in counting, forwards or backwards (`abc`, `321`); `null`: as many as you like. */
  readonly maxSequence: number | null;
  /** Whether the rules name a longest password, and not we. */
  readonly namesMaxLength: boolean;
}
