import type { Portal } from '../portal/portal.ts';

/** After these nothing was counted, as everybody can see. */
const NOT_COUNTED: ReadonlySet<string> = new Set(['accepted', 'change_forced', 'password_expired']);

/** A login and what is written down about it take no longer. */
export const TOLD_WITHIN_MS = 5 * 60_000;

/**
 * How many failures of ours the portal may be counting now, for anybody who cannot look into it: an ill portal refuses, an answer is lost, a process dies, a page asks
 * for a picture puzzle, and nobody outside knows whether that counted.
 */
export function refusalsSeen({ accounts, told, habits }: Portal, username: string, now: number): number {
  const { counts, windowMs } = habits.lockout;
  const support = accounts.get(username)?.supportToldAt ?? 0;
  let seen = 0;
  for (const { at, process, username: whose, outcome: heard } of told) {
    if (whose !== username || at < support) continue;
    // Who died at once, or whose next call was lost, told nobody.
    const outcome = process?.hurts.some((hurt) => hurt >= at && hurt < at + TOLD_WITHIN_MS) ? null : heard;
    if (outcome === 'accepted' && counts === 'consecutive') seen = 0;
    else if ((outcome === null || !NOT_COUNTED.has(outcome)) && (windowMs === null || at > now - windowMs)) seen += 1;
  }
  return seen;
}
