import type { StoredSecret } from '@rcm/credentials';
import { type PasswordRecord, passwordTries } from '@rcm/db';
import { accountOf, goesBy, type GuardedResult } from '@rcm/portal-access';
import type { RotatorServices } from '../machine/attempt.ts';
import { holdFor, type Hold, proofOf } from '../machine/login-events.ts';
import { type Candidate, ledgerVersion } from './candidate.ts';
import { candidates } from './candidates.ts';
import { askHeld } from './held-login.ts';
import type { LoginInHand } from './login-in-hand.ts';
import { refusesEverybody } from './refuses-everybody.ts';

export interface Search {
  readonly services: RotatorServices;
  readonly login: LoginInHand;
  /** The open attempt; its copy comes first, and its logins are its own in the ledger. */
  readonly attemptId: string | null;
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
  /** Every candidate was refused as often as it takes, or, before anything is submitted, rests for long since it was last refused. */
  | { readonly kind: 'none' }
  /** Not all could be asked now. */
  | { readonly kind: 'later'; readonly hold: Hold };

/**
 * The one procedure that finds which stored password the portal accepts. It asks the ledger before each login, which lets none be made that
 * could lock the account; it asks for every stored password once, then for those that take two refusals again, then for what the portal may have cut, and for
 * none twice within the time in which the portal counts failures; and it remembers nothing itself: what was refused is in the ledger, so
 * whoever goes on after a crash goes on with the next one. As long as a search after a change waits for one password, it asks once more in each window for the likeliest
 * two, which a portal may have refused that was ill, or had not made its change yet.
 */
export async function findAccepted(search: Search): Promise<Found> {
  const { services, login } = search;
  const current = await login.store.read(login.reference, { signal: login.held.signal });
  const sources = { db: services.db, current, ownAttemptId: search.attemptId };
  const wait = new Wait();
  const again: Known[] = [];
  const exhausted: Known[] = [];
  const askAgain = async (): Promise<Found | null> => {
    for (const asked of again.splice(0)) {
      const ended = await ask(search, { ...asked, current, wait, isLast: true });
      if (ended) return ended;
    }
    return null;
  };
  for await (const { candidate, tries } of known(search, candidates(login, sources))) {
    // A portal that is late is likelier than one that cuts, and there are many lengths.
    const found = candidate.name.first === undefined ? null : await askAgain();
    if (found) return found;
    const pause = againIn(search, tries);
    if (tries.refusedSince >= neededOf(search, candidate)) exhausted.push({ candidate, tries });
    else if (pause > 0) wait.for({ detail: 'a password that was refused is asked once more when the portal has forgotten it', forMs: pause });
    else if (tries.refusedSince > 0 && search.asksTwice === 'everything') again.push({ candidate, tries });
    else {
      const ended = await ask(search, { candidate, current, wait, tries, isLast: tries.refusedSince + 1 >= neededOf(search, candidate) });
      if (ended) return ended;
    }
  }
  const found = await askAgain();
  if (found) return found;
  if (!wait.first) return { kind: 'none' };
  for (const asked of exhausted.filter((known) => mayAskOnceMore(search, known))) {
    const ended = await ask(search, { ...asked, current, wait, isLast: true });
    if (ended) return ended;
  }
  return { kind: 'later', hold: wait.first };
}

/** What a change was to make the portal accept, and what it accepted before; where the portal forgets failures in time, or what is left of the budget is all there will be. */
function mayAskOnceMore(search: Search, { candidate: { name }, tries }: Known): boolean {
  const { asksTwice, attemptId, login } = search;
  const isLikeliest = name.first === undefined && (name.kind === 'current' || (name.kind === 'copy' && name.of === attemptId));
  return asksTwice === 'everything' && isLikeliest && login.endpoint.portalType.lockoutWindowSeconds !== null && againIn(search, tries) === 0;
}

/** Of the account that is held, each password once, with what the ledger knows of it. */
async function* known({ services, login, since }: Search, from: AsyncIterable<Candidate>): AsyncGenerator<Known> {
  const { orgId, loginIdentity } = login.endpoint;
  const seen = new Set<string>();
  for await (const candidate of from) {
    const account = accountOf(services.keys, login.endpoint, candidate.payload);
    const { fingerprints } = account;
    const print = fingerprints[0] ?? '';
    if (!goesBy(account, loginIdentity) || seen.has(print)) continue;
    seen.add(print);
    yield { candidate, tries: await passwordTries(services.db, { orgId, loginIdentity, fingerprints, since }) };
  }
}

interface Known {
  readonly candidate: Candidate;
  readonly tries: Tries;
}

type Tries = PasswordRecord & { readonly now: Date };

function neededOf({ asksTwice }: Search, { name }: Candidate): 1 | 2 {
  if (name.first !== undefined) return 1;
  return asksTwice === 'everything' || asksTwice === name.kind ? 2 : 1;
}

interface Question extends Known {
  readonly current: StoredSecret | null;
  readonly wait: Wait;
  /** A refusal now puts this password out of the question. */
  readonly isLast: boolean;
}

/** One login; `null`: the search goes on with the next password. */
async function ask(search: Search, { candidate, tries, current, wait, isLast }: Question): Promise<Found | null> {
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
    if (search.asksTwice !== 'current' || !restsForLong(result, tries)) wait.for(hold);
  } else if (!isLast) wait.for({ detail: 'the portal refused a password that it may accept later', forMs: pauseMs(search) });
  return null;
}

/** Of all that is waited for, what ends first. A pause comes before a moment: only the ledger knows how far that is. */
class Wait {
  first: Hold | null = null;

  for(hold: Hold): void {
    const { first } = this;
    if (first === null || (hold.forMs !== undefined && (first.forMs === undefined || hold.forMs < first.forMs))) this.first = hold;
  }
}

/** This password alone has to wait; others may be asked: it rests, or it was refused before, and the account's last failure is kept for one that was not. */
const waitsAlone = (result: GuardedResult, { refusals }: Tries): boolean =>
  result.kind === 'not_allowed' &&
  (result.reason === 'password_bad' ||
    result.reason === 'password_suspect' ||
    result.reason === 'other_account' ||
    (result.reason === 'budget_spent' && refusals > 0));

const HOUR_MS = 3_600_000;
/** A rest of an hour is waited for, one of a day is not. */
const WORTH_A_WAIT_MS = 2 * HOUR_MS;

/** Before anything is submitted a search ends without what rests for long, so that there is a next one, which asks for everything that is stored again. */
const restsForLong = (result: GuardedResult, { now }: Tries): boolean =>
  result.kind === 'not_allowed' &&
  (result.reason === 'password_bad' || result.reason === 'password_suspect') &&
  result.until !== null &&
  result.until.getTime() - now.getTime() > WORTH_A_WAIT_MS;

/** How long the portal counts a failure: no password is tried twice within it. */
function pauseMs({ login }: Search): number {
  const { lockoutWindowSeconds, settleMs } = login.endpoint.portalType;
  return Math.max(lockoutWindowSeconds === null ? HOUR_MS : lockoutWindowSeconds * 1_000, settleMs, 1_000);
}

/** In how many ms this password may be asked again, by Postgres's clock; 0: now. */
function againIn(search: Search, { refusedSince, refusedLastAt, now }: Tries): number {
  if (refusedSince === 0 || refusedLastAt === null) return 0;
  return Math.max(0, refusedLastAt.getTime() + pauseMs(search) - now.getTime());
}
