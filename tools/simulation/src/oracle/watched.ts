import type { SimLogin } from '../environment/sim-login.ts';
import { Homes } from './homes.ts';
import { Possession } from './possession.ts';

/** What is known of one login, and since when. */
export interface Watched {
  readonly login: SimLogin;
  workedAt: number;
  /** When somebody last came and could not get in. */
  turnedAwayAt: number;
  /** When the first did since somebody had got in; `null`: nobody was turned away since. */
  turnedAwaySince: number | null;
  /** Since when nothing but ourselves keeps anybody out; `null`: something does. */
  wellSince: number | null;
  /** What was last said of an outage that lasts; `null`: there is none. */
  outage: 'explained' | 'unexplained' | null;
  readonly possession: Possession;
  /** The secrets in which its password lay last. */
  readonly homes: Homes<Watched>;
  /** What people last made of their own fields, each with every value that may stand. */
  readonly fields: Map<string, readonly unknown[]>;
  /** Since when what the portal accepts lies beside current. */
  besideSince: number | null;
  /** Since when the portal lets nobody in before a change. */
  mustChangeSince: number | null;
  /** What is current and accepted by the portal, or was last, and since when; `endedAt`: until when, as while a change of it is under way. */
  right: { readonly password: string; readonly since: number; readonly endedAt: number | null } | null;
  /** When there was last an excuse for keeping everybody out of it. */
  excused: { readonly at: number; readonly excuse: string } | null;
}

/** As everything is well and nobody has done anything yet. */
export const watch = (login: SimLogin, now: number): Watched => ({
  login,
  workedAt: now,
  turnedAwayAt: now,
  turnedAwaySince: null,
  wellSince: now,
  outage: null,
  possession: new Possession(),
  homes: new Homes(),
  fields: new Map(),
  besideSince: null,
  mustChangeSince: null,
  right: null,
  excused: null,
});
