import type { PauseScope } from '@rcm/db/rotation';
import { type Account, accepts } from '../portal/account.ts';
import { countingFailures } from '../portal/lockout.ts';
import { accountName, type SimLogin } from '../environment/sim-login.ts';
import type { SimulatedEnvironment } from '../environment/simulated-environment.ts';
import { liesTwice, namedLogin } from './named-account.ts';
import { foundNoWayIn, lockedWrittenLate, refusalsSeen } from './refusals-seen.ts';
import { wasRefusedBySlowParts } from './refused-still.ts';
import type { Watched } from './watched.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NEEDED_TO_ROTATE = 2;
/** What was refused is asked for again only where that failure would not be the last one of our share. */
const TO_SPARE = 1;
/** A day is the longest window that a portal counts in; whoever may not know its clock waits a little beyond, and a call that is slow takes its time. */
const SEARCH_MS = 26 * HOUR_MS;

/** Why nobody may be let in to a login now, though nothing is wrong with it. */
export class Excuses {
  readonly #environment: SimulatedEnvironment;
  readonly #watched: readonly Watched[];

  constructor(environment: SimulatedEnvironment, watched: readonly Watched[]) {
    this.#environment = environment;
    this.#watched = watched;
  }

  /** Whether one more failure could have locked the account, in the portal's own count, or by all that anybody outside of it could see. */
  of(watched: SimLogin): string | undefined {
    const login = namedLogin(this.#environment, watched);
    const { portal, username, door } = login;
    const account = portal.accounts.get(username);
    if (!account) return undefined;
    if (this.#environment.wasLocked.has(accountName(login))) return 'whoever had it unlocked has not said so yet';
    const { now } = this.#environment.scheduler;
    if (portal.habits.lockout.lastsMs === null && lockedWrittenLate(portal, username, now))
      return 'that it is locked was read before support had unlocked it, and written down after';
    if (wasRefusedBySlowParts(login, account))
      return 'what the portal accepts was refused by a part that did not know of it yet, for longer than anybody was told';
    const share = door.type.lockoutThreshold - door.type.lockoutMargin;
    const ours = countingFailures(portal.habits.lockout, account, now).filter(({ by }) => by === 'us').length;
    if (ours >= share) return `our share of the failures that the portal forgives is spent (${ours} of ${share})`;
    const seen = refusalsSeen(portal, username, now);
    if (seen >= share)
      return `${seen} failures may have counted, of the ${share} that are our share, and nothing that the portal forgives by has happened since`;
    if (account.mustChange && liesTwice(this.#watched, login, watched))
      return 'the portal demands a new password, and an account that lies in two secrets is not rotated';
    if (account.mustChange && this.#isPaused(watched)) return 'the portal demands a new password, and whoever paused its rotations has not ended that';
    // A rotation begins with two failures to spare, or it could not find out what it has done. A login or a change of which nobody said how it ended takes one of them for a day: nobody can
    // tell a process that is gone from one that stands still and sends it yet.
    const mayCome = [...portal.told, ...portal.toldOfChanges].some((told) => told.username === username && told.endedAt === null && told.at > now - DAY_MS)
      ? 1
      : 0;
    if (account.mustChange && share - seen - mayCome < NEEDED_TO_ROTATE)
      return `the portal demands a new password, and of the ${share} failures that are our share ${seen} may have counted and ${mayCome} may come yet`;
    if (portal.habits.lockout.windowMs !== null && share - seen <= TO_SPARE && this.#wasRefusedBefore(login, account))
      return `what the portal accepts was refused before, and is asked for again only with a failure to spare: ${seen} of our ${share} may have counted`;
    // A password that opens the door to a change is found already.
    const tried = new Set(
      portal.told.filter((told) => told.username === username && told.at > now - SEARCH_MS && foundNoWayIn(told)).map((told) => told.password),
    );
    return tried.size >= share && share > 0
      ? `the search for what the portal accepts goes on: ${tried.size} passwords found no way in within ${SEARCH_MS / HOUR_MS} hours`
      : undefined;
  }

  /** And not accepted since: an ill portal refused it, or had not made its change yet, and to anybody outside it looked wrong. */
  #wasRefusedBefore({ portal, username }: SimLogin, account: Account): boolean {
    const last = portal.told.findLast((told) => told.username === username && accepts(portal.habits, account, told.password));
    return last !== undefined && foundNoWayIn(last);
  }

  /** By whoever said so, and not by what became of it. */
  #isPaused({ plan, door }: SimLogin): boolean {
    const holds = (scope: PauseScope): boolean =>
      scope.kind === 'all' || (scope.kind === 'portal_type' ? scope.portalTypeCode === door.type.code : scope.endpointId === plan.endpointId);
    return [...this.#environment.paused].some(holds);
  }
}
