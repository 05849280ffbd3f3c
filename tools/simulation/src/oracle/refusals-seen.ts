import type { Portal } from '../portal/portal.ts';

/** After these nothing was counted, as everybody can see. */
const NOT_COUNTED: ReadonlySet<string> = new Set(['accepted', 'change_forced', 'password_expired']);

/**
 * How many failures of ours the portal may be counting now, for anybody who cannot look into it: an ill portal refuses, an answer is lost, a process dies, a page asks
 * for a picture puzzle, and nobody outside knows whether that counted.
 */
export function refusalsSeen({ record, told, habits }: Portal, username: string, now: number): number {
  const { counts, windowMs } = habits.lockout;
  const support = record.findLast((entry) => entry.act === 'support' && entry.username === username)?.at ?? 0;
  let seen = 0;
  for (const { at, username: whose, outcome } of told) {
    if (whose !== username || at < support) continue;
    if (outcome === 'accepted' && counts === 'consecutive') seen = 0;
    else if ((outcome === null || !NOT_COUNTED.has(outcome)) && (windowMs === null || at > now - windowMs)) seen += 1;
  }
  return seen;
}
