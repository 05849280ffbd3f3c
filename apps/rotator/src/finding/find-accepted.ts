import { passwordTries } from '@rcm/db/ledger';
import { accountOf, goesBy } from '@rcm/portal-access';
import { askCandidate, Wait } from './ask-candidate.ts';
import { type RcmError } from '@rcm/telemetry';
import { type Candidate, type CandidateName, foundOf } from './candidate.ts';
import { candidates } from './candidates.ts';
import { againIn, type Found, isFound, type Known, neededOf, type Search } from './search.ts';
import { isOfNoPlace } from './of-no-place.ts';
import { inTurn, onceMore, wasAgain } from './turns.ts';

/** After which another place is asked again that did not let itself be read. */
const UNREAD_MS = 600_000;

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
  const wait = new Wait();
  const onUnread = (name: CandidateName, error: RcmError): void => {
    const { id: endpointId } = login.endpoint;
    services.logger.warn(
      { err: error, endpointId, candidate: foundOf(name, '') },
      'a stored password of the login could not be read where it lies; the others are asked for',
    );
    if (!isOfNoPlace(error)) wait.for({ detail: 'a stored password could not be read where it lies', forMs: UNREAD_MS });
  };
  const sources = { db: services.db, current, ownAttemptId: search.attemptId, ownIsUnsent: search.isUnsent ?? false, onUnread };
  const again: Known[] = [];
  const exhausted: Known[] = [];
  const askAgain = async (): Promise<Found | null> => {
    for (const asked of again.splice(0)) {
      const ended = await askCandidate(search, { ...asked, current, wait, isLast: true });
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
    else return askCandidate(search, { candidate, current, wait, tries, isLast: tries.refusedSince + 1 >= neededOf(search, candidate) });
    return null;
  };
  const stored = known(search, candidates(login, sources));
  const found = (await (search.asksTwice === 'everything' ? inOrder(stored, consider) : byTurns(search, stored, consider))) ?? (await askAgain());
  if (found) return found;
  if (!wait.first) return { kind: 'none' };
  for (const asked of onceMore(search, exhausted)) {
    const ended = await askCandidate(search, { ...asked, current, wait, isLast: true });
    if (isFound(ended)) return ended;
  }
  return { kind: 'later', hold: wait.first };
}

/** Asks for a password, or says when; `refused` and `null` as `askCandidate`. */
type Consider = (known: Known) => Promise<Found | 'refused' | null>;

/** After a submit each is asked as often as it takes and no oftener, so none waits for ever. */
async function inOrder(stored: AsyncIterable<Known>, consider: Consider): Promise<Found | null> {
  for await (const each of stored) {
    const ended = await consider(each);
    if (isFound(ended)) return ended;
  }
  return null;
}

async function byTurns(search: Search, stored: AsyncIterable<Known>, consider: Consider): Promise<Found | null> {
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
    // What was not asked at all, as it cools down or takes a budget to spare, was no turn.
    if (ended === 'refused') [turn, rest] = [rest, turn];
  }
  return null;
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
