import type { Portal } from '../portal/portal.ts';

const SUCCESS: ReadonlySet<string> = new Set(['accepted', 'must change']);
const REFUSED: ReadonlySet<string> = new Set(['wrong', 'wrong code', 'closed', 'at locked']);

/**
 * How many refusals of ours the portal may be counting now, for anybody who cannot look into it: a portal that is ill refuses, and nobody outside of it knows
 * whether that counted.
 */
export function refusalsSeen({ record, habits }: Portal, username: string, now: number): number {
  const { counts, windowMs } = habits.lockout;
  let seen = 0;
  for (const { at, act, by, ended, username: whose } of record) {
    if (whose !== username) continue;
    if (act === 'support' || (counts === 'consecutive' && act === 'login' && by !== 'person' && SUCCESS.has(ended))) seen = 0;
    else if (act === 'login' && by !== 'person' && REFUSED.has(ended) && (windowMs === null || at > now - windowMs)) seen += 1;
  }
  return seen;
}
