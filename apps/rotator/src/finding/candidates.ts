import { parsePasswordRules, parsePayload, type StoredSecret } from '@rcm/credentials';
import { type Database, getAttempt, triedVersions } from '@rcm/db';
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
 * The stored passwords that the portal may accept, in the order in which they are tried: the attempt's own copy, current, the versions that were last
 * seen accepted, the last one that was tried in vain, older copies from the newest, what a portal would have kept of a copy that it cut, and other
 * versions that were ever tried. Read one by one, as they are
 * asked for; what is gone from the store, or no payload, is passed over.
 */
export async function* candidates(login: LoginInHand, sources: CandidateSources): AsyncGenerator<Candidate> {
  const { db, current, ownAttemptId } = sources;
  const take = (name: CandidateName): Promise<Candidate | null> => candidate(login, name, current);
  const own: CandidateName[] = ownAttemptId === null ? [] : [{ kind: 'copy', of: ownAttemptId }];
  for (const name of [...own, { kind: 'current', of: '' } as const]) {
    const found = await take(name);
    if (found) yield found;
  }
  const { orgId, id: endpointId, loginIdentity } = login.endpoint;
  const tried = await triedVersions(db, { orgId, endpointId, loginIdentity, limit: MOST_VERSIONS });
  const last = tried.filter(({ accepted }) => accepted).slice(0, LAST_ACCEPTED);
  // What somebody stored and a search replaced, because the portal did not know it yet, comes before what was accepted long ago.
  const [newest, ...others] = tried.filter((one) => !last.includes(one));
  for (const { version } of [...last, ...(newest ? [newest] : [])]) {
    const found = await take({ kind: 'version', of: version });
    if (found) yield found;
  }
  const copies = (await login.store.listStaged(login.reference, { signal: login.held.signal })).filter((id) => id !== ownAttemptId).slice(0, MOST_COPIES);
  for (const of of copies) {
    const found = await take({ kind: 'copy', of });
    if (found) yield found;
  }
  for (const attemptId of await perhapsCut(db, [...own.map(({ of }) => of), ...copies])) yield* cutCopy(login, attemptId, current);
  for (const { version } of others) {
    const found = await take({ kind: 'version', of: version });
    if (found) yield found;
  }
}

/**
 * Of these attempts, the newest whose passwords a portal may have cut: those that were submitted as far as the journal knows come first; it may have
 * forgotten the last one. What a finished rotation submitted was seen to be accepted as it is current.
 */
async function perhapsCut(db: Database, attemptIds: readonly string[]): Promise<readonly string[]> {
  const submitted: string[] = [];
  const others: string[] = [];
  for (const attemptId of attemptIds) {
    const attempt = await getAttempt(db, { attemptId });
    if (attempt?.state === 'done') continue;
    if (attempt === null || attempt.submitDeadlineAt !== null) submitted.push(attemptId);
    else others.push(attemptId);
  }
  return [...submitted, ...others].slice(0, MOST_CUT);
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
