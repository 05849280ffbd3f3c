import type { StoredSecret } from '@rcm/credentials';
import { type PasswordRecord, passwordTries } from '@rcm/db/ledger';
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
  /** Every candidate was refused as often as it takes, or, before anything is submitted, rests for long since it was last refused. */
  | { readonly kind: 'none' }
  /** Not all could be asked now. */
  | { readonly kind: 'later'; readonly hold: Hold };

/**
 * The one procedure that finds which stored password the portal accepts. It asks the ledger before each login, which lets none be made that
 * could lock the account; it asks for every stored password once, then for those that take two refusals again, then for what the portal may have cut, and for
 * none twice within the time in which the portal counts failures; where it is asked again and again, what was refused takes turns with what was not (`inTurn`), or what comes first in
 * order would be asked for ever and the right one never; and it remembers nothing itself: what was refused is in the ledger, so
 * whoever goes on after a crash goes on with the next one. As long as a search after a change waits for one password, it asks once more for the others
 * (`onceMore`), which a portal may have refused that was ill, or had not made its change yet.
 */
export async function findAccepted(search: Search): Promise<Found> {
  const { services, login } = search;
  const current = await login.store.read(login.reference, { signal: login.held.signal });
  const sources = { db: services.db, current, ownAttemptId: search.attemptId, ownIsUnsent: search.isUnsent ?? false };
  const wait = new Wait();
  const again: Known[] = [];
  const exhausted: Known[] = [];
  const askAgain = async (): Promise<Found | null> => {
    for (const asked of again.splice(0)) {
      const ended = await ask(search, { ...asked, current, wait, isLast: true });
      if (isFound(ended)) return ended;
    }
    return null;
  };
  const consider = async ({ candidate, tries }: Known): Promise<Found | 'refused' | null> => {
    // A portal that is late is likelier than one that cuts, and there are many lengths.
    const found = candidate.name.first === undefined ? null : await askAgain();
    if (found) return found;
    const pause = againIn(search, tries);
    if (tries.refusedSince >= neededOf(search, candidate)) exhausted.push({ candidate, tries });
    else if (pause > 0) wait.for({ detail: 'a password that was refused is asked once more when the portal has forgotten it', forMs: pause });
    else if (tries.refusedSince > 0 && search.asksTwice === 'everything') again.push({ candidate, tries });
    else return ask(search, { candidate, current, wait, tries, isLast: tries.refusedSince + 1 >= neededOf(search, candidate) });
    return null;
  };
  const stored = known(search, candidates(login, sources));
  if (search.asksTwice === 'everything') {
    // After a submit each is asked as often as it takes and no oftener, so none waits for ever.
    for await (const each of stored) {
      const ended = await consider(each);
      if (isFound(ended)) return ended;
    }
  } else {
    const all: Known[] = [];
    for await (const each of stored) all.push(each);
    const { again: refused, others } = inTurn(all);
    // What somebody has just stored is likelier than what was refused before.
    const isNew = others[0]?.candidate.name.kind === 'current';
    const isTheirs = isNew || (await wasAgain(search, all));
    for (let [turn, rest] = isTheirs ? [others, refused] : [refused, others]; turn.length + rest.length > 0;) {
      const next = (turn.length > 0 ? turn : rest).shift();
      const ended = next ? await consider(next) : null;
      if (isFound(ended)) return ended;
      // What was not asked at all, as it rests or takes a budget to spare, was no turn.
      if (ended === 'refused') [turn, rest] = [rest, turn];
    }
  }
  const found = await askAgain();
  if (found) return found;
  if (!wait.first) return { kind: 'none' };
  for (const asked of onceMore(search, exhausted)) {
    const ended = await ask(search, { ...asked, current, wait, isLast: true });
    if (isFound(ended)) return ended;
  }
  return { kind: 'later', hold: wait.first };
}

/**
 * What is asked once more while a search after a change waits: what an ill portal may have refused a day ago, the longest time ago first, and then in each window what the change was to make
 * the portal accept, and what it accepted before. These two last, or they would take what each window has to spare, and the rest of it would never be asked again (seed 9795 of the
 * simulation). Where no time makes the portal forget failures, what is left of the budget is all there will be.
 */
function onceMore(search: Search, exhausted: readonly Known[]): readonly Known[] {
  const { asksTwice, attemptId, login } = search;
  if (asksTwice !== 'everything' || login.endpoint.portalType.lockoutWindowSeconds === null) return [];
  const isLikeliest = ({ candidate: { name } }: Known): boolean =>
    name.first === undefined && (name.kind === 'current' || (name.kind === 'copy' && name.of === attemptId));
  const age = ({ tries: { refusedLastAt, now } }: Known): number => now.getTime() - (refusedLastAt?.getTime() ?? 0);
  const others = exhausted.filter((known) => !isLikeliest(known) && age(known) >= DAY_MS);
  return [...others.toSorted((one, other) => age(other) - age(one)), ...exhausted.filter((known) => isLikeliest(known) && againIn(search, known.tries) === 0)];
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

const isFound = (answer: Found | 'refused' | null): answer is Found => answer !== null && answer !== 'refused';

/**
 * Two rows that take turns. `again`: what was stored whole and refused since the account was last seen to accept anything, the longest time ago first. `others`: what was not, in its
 * order, and then what a portal may have cut that was refused, the longest time ago first. So nothing is asked for ever, and everything some time, however little the portal forgives.
 */
function inTurn(all: readonly Known[]): { readonly again: Known[]; readonly others: Known[] } {
  const acceptedAt = acceptedLastAt(all).getTime();
  const refusedAt = ({ tries: { refusedLastAt } }: Known): number => (refusedLastAt && refusedLastAt.getTime() > acceptedAt ? refusedLastAt.getTime() : 0);
  const byAge = all.toSorted((one, other) => refusedAt(one) - refusedAt(other));
  const isAgain = (each: Known): boolean => each.candidate.name.first === undefined && refusedAt(each) > 0;
  return { again: byAge.filter(isAgain), others: byAge.filter((each) => !isAgain(each)) };
}

/**
 * Whether the last turn was `again`'s: a search may have one login for a day, and the next one goes on with the other row. As the ledger has it, the last that was refused had been
 * refused before, since the account accepted anything.
 */
async function wasAgain({ services, login }: Search, all: readonly Known[]): Promise<boolean> {
  const refusedAt = ({ tries: { refusedLastAt } }: Known): number => refusedLastAt?.getTime() ?? 0;
  const [last] = all.toSorted((one, other) => refusedAt(other) - refusedAt(one));
  if (last === undefined || refusedAt(last) === 0 || last.candidate.name.first !== undefined) return false;
  const { orgId, loginIdentity } = login.endpoint;
  const { fingerprints } = accountOf(services.keys, login.endpoint, last.candidate.payload);
  const { refusedSince } = await passwordTries(services.db, { orgId, loginIdentity, fingerprints, since: acceptedLastAt(all) });
  return refusedSince > 1;
}

const acceptedLastAt = (all: readonly Known[]): Date => new Date(Math.max(0, ...all.map(({ tries }) => tries.provedAt?.getTime() ?? 0)));

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

/** One login; `refused` by the portal, or `null` where none was made or it told nothing: the search goes on with the next password. */
async function ask(search: Search, { candidate, tries, current, wait, isLast }: Question): Promise<Found | 'refused' | null> {
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
    return null;
  }
  if (!isLast) wait.for({ detail: 'the portal refused a password that it may accept later', forMs: pauseMs(search) });
  return 'refused';
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
const DAY_MS = 24 * HOUR_MS;
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
