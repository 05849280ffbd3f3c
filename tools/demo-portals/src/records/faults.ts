import { z } from 'zod';
import type { AccountKey } from './accounts.ts';
import type { Records } from './database.ts';
import { readSetting, writeSetting } from './settings.ts';

export const changeFaultNames = [
  '500_before_commit',
  '500_after_commit',
  'drop_after_commit',
  'slow_answer',
  'slow_commit',
  'late_commit',
  'makes_it_after',
  'says_too_short_makes_it',
  'says_used_before_makes_it',
  'says_changed_makes_it',
  'says_changed_does_not',
] as const;

/**
 * The faults that meet a password change that would have been made. `slow_answer`: made at once, answered after `delayMs`.
 * `slow_commit`: made and answered after `delayMs`. `late_commit`: an error page at once, made after `delayMs` by a timer of this
 * process. `makes_it_after`: the same by the portals' own clock, which can be moved, and also after a restart.
 * `says_too_short_makes_it`, `says_used_before_makes_it`: that refusal at once, made after `delayMs` by the portals' own clock.
 * `says_changed_makes_it`: the page says that it was changed, and it is after `delayMs` by that clock; till then the old password holds.
 * `says_changed_does_not`: the page says that it was changed, and it never is.
 */
export type ChangeFault = (typeof changeFaultNames)[number];

export const faultNames = ['none', 'slow', ...changeFaultNames, 'maintenance'] as const;

/** Two weeks: the longest that a timer can be set to is little more. */
const MAX_DELAY_MS = 14 * 24 * 60 * 60_000;

/** `delayMs` belongs to `slow`, `slow_answer`, `slow_commit`, `late_commit` and those that make a change after what they said. `count`: how many requests the fault still meets; without it, all until it is set to `none`. */
export const faultSchema = z.strictObject({
  fault: z.enum(faultNames),
  delayMs: z.int().min(0).max(MAX_DELAY_MS).default(1000),
  count: z.int().min(1).optional(),
});

export type Fault = z.infer<typeof faultSchema>;

const NONE: Fault = { fault: 'none', delayMs: 0 };

/** Whose fault it is: a whole portal's, or one account's at it. */
export type FaultPlace = Pick<AccountKey, 'portal'> & Partial<Pick<AccountKey, 'username'>>;

const nameOf = ({ portal, username }: FaultPlace): string => (username === undefined ? `fault/${portal}` : `fault/${portal}/${username}`);

export function currentFault(records: Records, place: FaultPlace): Fault {
  const stored = readSetting(records, nameOf(place));
  return stored === null ? NONE : faultSchema.parse(stored);
}

export function setFault(records: Records, place: FaultPlace, fault: Fault): void {
  writeSetting(records, nameOf(place), fault);
}

/** The place's fault if it is one of `kinds`, having counted this request against it; else null. */
export function takeFault<K extends Fault['fault']>(records: Records, place: FaultPlace, kinds: readonly K[]): (Fault & { readonly fault: K }) | null {
  const present = currentFault(records, place);
  if (!(kinds as readonly string[]).includes(present.fault)) return null;
  if (present.count !== undefined) setFault(records, place, present.count > 1 ? { ...present, count: present.count - 1 } : NONE);
  return present as Fault & { readonly fault: K };
}

/** What is to meet this account's change: its own fault before its portal's. */
export const takeChangeFault = (records: Records, key: AccountKey): (Fault & { readonly fault: ChangeFault }) | null =>
  takeFault(records, key, changeFaultNames) ?? takeFault(records, { portal: key.portal }, changeFaultNames);
