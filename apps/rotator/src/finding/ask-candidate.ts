import type { StoredSecret } from '@rcm/credentials';
import type { GuardedResult } from '@rcm/portal-access';
import { holdFor, type Hold, proofOf } from '../machine/login-events.ts';
import { ledgerVersion } from './candidate.ts';
import { askHeld } from './held-login.ts';
import { refusesEverybody } from './refuses-everybody.ts';
import { type Found, type Known, pauseMs, type Search, type Tries } from './search.ts';

export interface Question extends Known {
  readonly current: StoredSecret | null;
  readonly wait: Wait;
  /** A refusal now puts this password out of the question. */
  readonly isLast: boolean;
}

/** One login; `refused` by the portal, or `null` where none was made or it told nothing: the search goes on with the next password. */
export async function askCandidate(search: Search, { candidate, tries, current, wait, isLast }: Question): Promise<Found | 'refused' | null> {
  const { services, login } = search;
  if (candidate.name.first !== undefined && (await refusesEverybody(services, login)))
    return { kind: 'later', hold: { detail: 'the portal refuses others too: what it may have cut is not asked now', forMs: services.timing.retryMs } };
  const { name, payload } = candidate;
  const result = await askHeld(services, login, { payload, version: ledgerVersion(name, current), attemptId: search.attemptId });
  const proof = proofOf(result);
  if (proof === 'right') return { kind: 'found', candidate };
  if (result.kind === 'accepted' || result.kind === 'must_change') return null;
  if (proof === 'nothing') {
    const hold = holdFor(services, login.endpoint, result);
    if (!waitsAlone(result, tries)) return { kind: 'later', hold };
    if (search.asksTwice !== 'current' || !coolsDownForLong(result, tries)) wait.for(hold);
    return null;
  }
  if (!isLast) wait.for({ detail: 'the portal refused a password that it may accept later', forMs: pauseMs(search) });
  return 'refused';
}

/** Of all that is waited for, what ends first. A pause comes before a moment: only the ledger knows how far that is. */
export class Wait {
  first: Hold | null = null;

  for(hold: Hold): void {
    const { first } = this;
    if (first === null || (hold.forMs !== undefined && (first.forMs === undefined || hold.forMs < first.forMs))) this.first = hold;
  }
}

/** This password alone has to wait; others may be asked: it cools down, or it was refused before, and the account's last failure is kept for one that was not. */
const waitsAlone = (result: GuardedResult, { refusals }: Tries): boolean =>
  result.kind === 'not_allowed' &&
  (result.reason === 'password_bad' ||
    result.reason === 'password_suspect' ||
    result.reason === 'other_account' ||
    (result.reason === 'budget_spent' && refusals > 0));

/** A cool-down of an hour is waited for, one of a day is not. */
const WORTH_A_WAIT_MS = 7_200_000;

/** Before anything is submitted a search ends without what cools down for long, so that there is a next one, which asks for everything that is stored again. */
const coolsDownForLong = (result: GuardedResult, { now }: Tries): boolean =>
  result.kind === 'not_allowed' &&
  (result.reason === 'password_bad' || result.reason === 'password_suspect') &&
  result.until !== null &&
  result.until.getTime() - now.getTime() > WORTH_A_WAIT_MS;
