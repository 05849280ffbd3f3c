import { parsePasswordRules, parsePayload, type StoredSecret } from '@rcm/credentials';
import { type Database, triedVersions } from '@rcm/db';
import { isRcmError } from '@rcm/telemetry';
import { type Candidate, type CandidateName, candidateOf, readNamed } from './candidate.ts';
import { cutLengths } from './cut-lengths.ts';
import type { LoginInHand } from './login-in-hand.ts';

/** Versions that were tried, and copies, that are read at most. */
const MOST_VERSIONS = 6;
/** Of those that were accepted, how many come before the copies: what was accepted long ago is unlikely. */
const LAST_ACCEPTED = 2;
const MOST_COPIES = 14;

export interface CandidateSources {
  readonly db: Database;
  readonly current: StoredSecret | null;
  /** The attempt whose own copy comes first; `null`: no rotation is open. */
  readonly ownAttemptId: string | null;
  /** Whether passwords are tried as a portal would have kept them that cuts: only where one may have been submitted. */
  readonly mayBeCut: boolean;
}

/**
 * The stored passwords that the portal may accept, in the order in which they are tried: the attempt's own copy, current, the versions that were last
 * seen accepted, older copies from the newest, what a portal would have kept of a copy that it cut, and other versions that were ever tried. Read one by one, as they are
 * asked for; what is gone from the store, or no payload, is passed over.
 */
export async function* candidates(login: LoginInHand, sources: CandidateSources): AsyncGenerator<Candidate> {
  const { db, current, ownAttemptId, mayBeCut } = sources;
  const take = (name: CandidateName): Promise<Candidate | null> => candidate(login, name, current);
  const own: CandidateName[] = ownAttemptId === null ? [] : [{ kind: 'copy', of: ownAttemptId }];
  for (const name of [...own, { kind: 'current', of: '' } as const]) {
    const found = await take(name);
    if (found) yield found;
  }
  const { orgId, id: endpointId, loginIdentity } = login.endpoint;
  const tried = await triedVersions(db, { orgId, endpointId, loginIdentity, limit: MOST_VERSIONS });
  const last = tried.filter(({ accepted }) => accepted).slice(0, LAST_ACCEPTED);
  for (const { version } of last) {
    const found = await take({ kind: 'version', of: version });
    if (found) yield found;
  }
  const copies = (await login.store.listStaged(login.reference, { signal: login.held.signal })).filter((id) => id !== ownAttemptId).slice(0, MOST_COPIES);
  for (const of of copies) {
    const found = await take({ kind: 'copy', of });
    if (found) yield found;
  }
  if (mayBeCut) yield* cutCopies(login, ownAttemptId ?? copies[0] ?? null, current);
  for (const { version } of tried.filter((one) => !last.includes(one))) {
    const found = await take({ kind: 'version', of: version });
    if (found) yield found;
  }
}

async function* cutCopies(login: LoginInHand, attemptId: string | null, current: StoredSecret | null): AsyncGenerator<Candidate> {
  if (attemptId === null) return;
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
