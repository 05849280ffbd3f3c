import { parsePasswordRules, parsePayload, type StoredSecret } from '@rcm/credentials';
import { type Database, getAttempt, knownVersions } from '@rcm/db';
import { isRcmError } from '@rcm/telemetry';
import { type Candidate, type CandidateName, candidateOf, readNamed } from './candidate.ts';
import { cutLengths } from './cut-lengths.ts';
import type { LoginInHand } from './login-in-hand.ts';

/** Versions that were tried, and copies, that are read at most. */
const MOST_VERSIONS = 6;
/** Of those that were accepted, how many come before the copies: what was accepted long ago is unlikely. */
const LAST_ACCEPTED = 2;
const MOST_COPIES = 14;
/** Of how many copies it is asked what a portal would have kept that cuts. */
const MOST_CUT = 2;

export interface CandidateSources {
  readonly db: Database;
  readonly current: StoredSecret | null;
  /** The attempt whose own copy comes first; `null`: no rotation is open. */
  readonly ownAttemptId: string | null;
}

/**
 * The stored passwords that the portal may accept, in the order in which they are tried: the attempt's own copy, current, the newest copy that was submitted
 * and came to no proven end, the versions that were last seen accepted, the last one that was tried in vain or replaced untried, older copies from the newest, what a portal
 * would have kept of a copy that it cut, and other versions that were ever tried. Read one by one, as they are asked for; what is gone from the store,
 * or no payload, is passed over.
 */
export async function* candidates(login: LoginInHand, sources: CandidateSources): AsyncGenerator<Candidate> {
  const { db, current, ownAttemptId } = sources;
  for await (const name of names(login, sources)) {
    const found = await candidate(login, name, current);
    if (found) yield found;
  }
  const copies = [...(ownAttemptId === null ? [] : [ownAttemptId]), ...(await olderCopies(login, ownAttemptId))];
  for (const attemptId of await perhapsCut(db, copies)) yield* cutCopy(login, attemptId, current);
  for (const { version } of (await knownVersionsOf(login, db)).others) {
    const found = await candidate(login, { kind: 'version', of: version }, current);
    if (found) yield found;
  }
}

/** What was stored whole, but for versions that are tried last of all. */
async function* names(login: LoginInHand, { db, ownAttemptId }: CandidateSources): AsyncGenerator<CandidateName> {
  if (ownAttemptId !== null) yield { kind: 'copy', of: ownAttemptId };
  yield { kind: 'current', of: '' };
  const copies = await olderCopies(login, ownAttemptId);
  const { submitted } = await bySubmit(db, copies);
  for (const of of submitted.slice(0, 1)) yield { kind: 'copy', of };
  // What somebody stored and a search replaced, because the portal did not know it yet, comes before what was accepted long ago.
  for (const { version } of (await knownVersionsOf(login, db)).likely) yield { kind: 'version', of: version };
  for (const of of copies) yield { kind: 'copy', of };
}

async function olderCopies({ store, reference, held }: LoginInHand, ownAttemptId: string | null): Promise<readonly string[]> {
  const copies = await store.listStaged(reference, { signal: held.signal });
  return copies.filter((id) => id !== ownAttemptId).slice(0, MOST_COPIES);
}

async function knownVersionsOf({ endpoint: { orgId, id: endpointId, loginIdentity } }: LoginInHand, db: Database) {
  const tried = await knownVersions(db, { orgId, endpointId, loginIdentity, limit: MOST_VERSIONS });
  const accepted = tried.filter((one) => one.accepted).slice(0, LAST_ACCEPTED);
  const [newest, ...others] = tried.filter((one) => !accepted.includes(one));
  return { likely: [...accepted, ...(newest ? [newest] : [])], others };
}

/**
 * Of these attempts, the newest whose passwords a portal may have cut: those that were submitted as far as the journal knows come first; it may have
 * forgotten the last one.
 */
async function perhapsCut(db: Database, attemptIds: readonly string[]): Promise<readonly string[]> {
  const { submitted, others } = await bySubmit(db, attemptIds);
  return [...submitted, ...others].slice(0, MOST_CUT);
}

/** Without finished rotations: what those submitted was seen to be accepted as it is current. What the journal does not know may have been submitted. */
async function bySubmit(db: Database, attemptIds: readonly string[]): Promise<{ readonly submitted: readonly string[]; readonly others: readonly string[] }> {
  const submitted: string[] = [];
  const others: string[] = [];
  for (const attemptId of attemptIds) {
    const attempt = await getAttempt(db, { attemptId });
    if (attempt?.state === 'done') continue;
    if (attempt === null || attempt.submitDeadlineAt !== null) submitted.push(attemptId);
    else others.push(attemptId);
  }
  return { submitted, others };
}

async function* cutCopy(login: LoginInHand, attemptId: string, current: StoredSecret | null): AsyncGenerator<Candidate> {
  const stored = await readNamed(login, { kind: 'copy', of: attemptId });
  if (stored === null) return;
  const longest = parsePasswordRules(login.endpoint.portalType.passwordRules).maxLength;
  const length = parsePayload(stored.text).map(({ password }) => [...password].length);
  for (const first of cutLengths({ length: length.reveal(), longest })) yield candidateOf({ kind: 'copy', of: attemptId, first }, stored, current);
}

/** `null`: it is gone, or a person once stored what is no payload. */
async function candidate(login: LoginInHand, name: CandidateName, current: StoredSecret | null): Promise<Candidate | null> {
  const stored = name.kind === 'current' ? current : await readNamed(login, name);
  if (stored === null) return null;
  try {
    return candidateOf(name, stored, current);
  } catch (error) {
    if (isRcmError(error) && error.code === 'payload_invalid' && name.kind !== 'current') return null;
    throw error;
  }
}
