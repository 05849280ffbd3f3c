import type { PasswordRecord } from '@rcm/db/ledger';
import type { RotatorServices } from '../machine/attempt.ts';
import type { Hold } from '../machine/login-events.ts';
import type { Candidate } from './candidate.ts';
import type { LoginInHand } from './login-in-hand.ts';

export interface Search {
  readonly services: RotatorServices;
  readonly login: LoginInHand;
  /** The open attempt; its copy comes first, and its logins are its own in the ledger. */
  readonly attemptId: string | null;
  /** The attempt is this process's own, begun under the lease that it holds, and nothing was submitted: no portal can accept its copy, and to ask for it would cost a failure. */
  readonly isUnsent?: boolean;
  /** Refusals since this moment count; earlier ones say nothing, since the portal may have made its change after them. */
  readonly since: Date;
  /**
   * What is out of the question only when it was refused twice, in two different times: everything that is stored, after all of it was asked once; or what is
   * current, in its turn. Anything else, and what a portal may have cut, is asked once.
   */
  readonly asksTwice: 'everything' | 'current' | 'nothing';
}

export type Found =
  | { readonly kind: 'found'; readonly candidate: Candidate }
  /** Every candidate was refused as often as it takes, or, before anything is submitted, cools down for long since it was last refused. */
  | { readonly kind: 'none' }
  /** Not all could be asked now. */
  | { readonly kind: 'later'; readonly hold: Hold };

export const isFound = (answer: Found | 'refused' | null): answer is Found => answer !== null && answer !== 'refused';

/** A password of the account that is held, with what the ledger knows of it. */
export interface Known {
  readonly candidate: Candidate;
  readonly tries: Tries;
}

export type Tries = PasswordRecord & { readonly now: Date };

/** How many refusals put a password out of the question. */
export function neededOf({ asksTwice }: Search, { name }: Candidate): 1 | 2 {
  if (name.first !== undefined) return 1;
  return asksTwice === 'everything' || asksTwice === name.kind ? 2 : 1;
}

const HOUR_MS = 3_600_000;

/** How long the portal counts a failure: no password is tried twice within it. */
export function pauseMs({ login }: Search): number {
  const { lockoutWindowSeconds, propagationDelayMs } = login.endpoint.portalType;
  return Math.max(lockoutWindowSeconds === null ? HOUR_MS : lockoutWindowSeconds * 1_000, propagationDelayMs, 1_000);
}

/** In how many ms this password may be asked again, by Postgres's clock; 0: now. */
export function againIn(search: Search, { refusedSince, refusedLastAt, now }: Tries): number {
  if (refusedSince === 0 || refusedLastAt === null) return 0;
  return Math.max(0, refusedLastAt.getTime() + pauseMs(search) - now.getTime());
}
