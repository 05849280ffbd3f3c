import { countingFailures } from '../portal/lockout.ts';
import type { Portal } from '../portal/portal.ts';
import type { PortalEntry } from '../portal/record.ts';
import { accountName } from '../environment/sim-login.ts';
import type { SimulatedEnvironment } from '../environment/simulated-environment.ts';
import type { Findings } from './findings.ts';

/** Whether more failures of ours count than our share of those that the portal forgives. */
export function judgeShare(
  { environment, findings }: { readonly environment: SimulatedEnvironment; readonly findings: Findings },
  portal: Portal,
  entry: PortalEntry,
): void {
  const account = portal.accounts.get(entry.username);
  if (!account || !(entry.counted || entry.act === 'locked')) return;
  const door = doorTo(environment, portal);
  if (!door) return;
  const share = door.type.lockoutThreshold - door.type.lockoutMargin;
  const counting = countingFailures(portal.habits.lockout, account, entry.at);
  const ours = counting.filter(({ by }) => by === 'us').length;
  // What was let out, and came when the portal would have forgotten it, is over no budget that anybody could keep; where it locks, it has locked.
  const { lockoutWindowSeconds } = door.type;
  const forgottenMs = lockoutWindowSeconds === null ? Number.POSITIVE_INFINITY : lockoutWindowSeconds * 1_000;
  const late = counting.filter(({ by, at, askedAt }) => by === 'us' && at - askedAt > forgottenMs).length;
  const about = accountName({ portal, username: entry.username });
  const words = `${ours} failures of ours count, ${counting.length - ours} of people; our share is ${share}, the portal locks at ${portal.habits.lockout.threshold}`;
  if (ours - late > share && entry.counted && entry.by !== 'person') findings.add('over budget', about, words);
  if (entry.act !== 'locked') return;
  if (portal.habits.lockout.lastsMs === null) environment.wasLocked.add(about);
  if (ours > share) findings.add('locked', about, words);
}

/** What the platform was told of a portal is the same behind each of its doors. */
export const doorTo = ({ plan }: SimulatedEnvironment, portal: Portal) => plan.portals.find(({ realm }) => realm === portal.realm)?.doors[0];
