import type { Portal } from '../portal/portal.ts';
import type { Told } from '../portal/visit.ts';

/** After these nothing was counted, as everybody can see. */
const NOT_COUNTED: ReadonlySet<string> = new Set([
  ...['accepted', 'change_forced', 'password_expired'],
  // Of a change: the portal answered, and not that the current password is wrong; or nothing left the browser.
  ...['applied', 'refused', 'not_submitted'],
]);

/** A login that told something of its password, by being refused, or nothing: no way in was found by it. */
export const foundNoWayIn = ({ outcome }: Told): boolean => outcome === null || !NOT_COUNTED.has(outcome);

/** A login and what is written down about it take no longer. */
export const TOLD_WITHIN_MS = 5 * 60_000;

/**
 * How many failures of ours the portal may be counting now, for anybody who cannot look into it: an ill portal refuses, an answer is lost, a process dies, a page asks
 * for a picture puzzle, the form of a change calls the current password wrong or its answer is not known, and nobody outside knows whether that counted. Nor does an accepted login
 * tell anything of one that may have come after it. That a change was made after all, and so was no failure, can be found out; it may be counted until then, and is so here.
 */
export function refusalsSeen({ accounts, told, toldOfChanges, habits }: Portal, username: string, now: number): number {
  const { counts, windowMs } = habits.lockout;
  const support = accounts.get(username)?.supportToldAt ?? 0;
  const inOrder = [...told, ...toldOfChanges].sort((one, other) => one.at - other.at);
  /** Of each failure: until when it may have come. */
  let seen: number[] = [];
  for (const each of inOrder) {
    const { at, process, username: whose, outcome: heard } = each;
    if (whose !== username || knownOver(each, now) < support) continue;
    // Who died at once, or whose next call was lost, told nobody.
    const outcome = process?.hurts.some((hurt) => hurt >= at && hurt < at + TOLD_WITHIN_MS) ? null : heard;
    if (outcome === 'accepted' && counts === 'consecutive') seen = seen.filter((cameBy) => cameBy > at);
    else if (foundNoWayIn({ ...each, outcome }) && (windowMs === null || at > now - windowMs)) seen.push(knownOver(each, now));
  }
  return seen.length;
}

/**
 * Whether somebody who was told that the account is locked may have said so only after the platform had heard that it is unlocked: a process that stood still in between. Nobody
 * can say then which was first.
 */
export function lockedWrittenLate({ accounts, told }: Portal, username: string, now: number): boolean {
  const support = accounts.get(username)?.supportToldAt ?? 0;
  return told.some((login) => login.username === username && login.outcome === 'locked' && login.at < support && knownOver(login, now) >= support);
}

/** From when on everybody can know that a login comes no more: its process said how it ended, which it does as soon as it does not stand still, or is gone. */
function knownOver({ at, process, endedAt }: Told, now: number): number {
  if (process?.isDead) return process.hurts.at(-1) ?? at;
  const over = endedAt ?? now;
  const stops = (process?.stops ?? []).filter((stop) => stop.at >= at && stop.at < over + TOLD_WITHIN_MS);
  return Math.max(over, ...stops.map(({ until }) => Math.min(until, now)));
}
