import { formatReference, parsePasswordRules, placeKey, type StoredSecret } from '@rcm/credentials';
import type { Database } from '@rcm/db';
import { getAttempt, knownVersions, listCopiesElsewhere, listOtherSecrets, type RotationAttempt } from '@rcm/db/rotation';
import { type Candidate, type CandidateName, candidateNamed, candidateOf, cutTo, readNamed } from './candidate.ts';
import { cutLengths } from './cut-lengths.ts';
import type { LoginInHand } from './login-in-hand.ts';
import { hasCode, isRcmError, type RcmError } from '@rcm/telemetry';
import { unlessNoPayload } from './unless-no-payload.ts';

/** Versions that were tried that are read at most. */
const MOST_VERSIONS = 6;
/** Of those that were accepted, how many come before the copies: what was accepted long ago is unlikely. */
const LAST_ACCEPTED = 2;
/** Copies that are tried at most: those that may have been submitted, and of the others the newest. */
const MOST_COPIES = 14;
/** Of how many other secrets of the account it is asked what is current there. */
const MOST_ELSEWHERE = 4;
/** Of how many copies the journal is asked: far more than a failing rotation a day leaves, since a store without order may name the newest last. */
const MOST_LISTED = 500;
/** How far it is looked back from what is current for what nobody has tried: one person after the other may have written over it. */
const MOST_LOOKED_BACK = 4;
/** Of how many copies it is asked what a portal would have kept that cuts. */
const MOST_CUT = 2;

export interface CandidateSources {
  readonly db: Database;
  readonly current: StoredSecret | null;
  /** The attempt whose own copy comes first; `null`: no rotation is open. */
  readonly ownAttemptId: string | null;
  /** Its copy was never let out of this process, and is passed over. */
  readonly ownIsUnsent?: boolean;
  /**
   * Told of each that lies elsewhere than the login's secret and could not be read: it is passed over, and where its place did not answer, so is untold what else lies
   * there, or each would wait for the same silence. Default: it fails.
   */
  readonly onUnread?: ((name: CandidateName, error: RcmError) => void) | undefined;
}

/** What one pass over the candidates goes by. */
interface Reading extends CandidateSources {
  /** Places that did not answer. */
  readonly away: Set<string | null>;
}

/**
 * The stored passwords that the portal may accept, in the order in which they are tried: the attempt's own copy (unless it was never let out), current, what is current in the account's other
 * secrets of the same organization, the newest copy that was submitted and came to no proven end, the versions that were last seen accepted, the last one that was
 * tried in vain or replaced untried, older copies from the newest, what people wrote over before anybody had tried it, what a portal would have kept of a copy that
 * it cut, and other versions that were ever tried. Read one by one, as they are asked for; what is gone from the store, or no payload, is passed over, and so is what lies in
 * another place that does not let itself be read.
 */
export async function* candidates(login: LoginInHand, asked: CandidateSources): AsyncGenerator<Candidate> {
  const sources: Reading = { ...asked, away: new Set() };
  const { db, ownAttemptId, ownIsUnsent } = sources;
  const older = await olderCopies(login, sources);
  for await (const name of names(login, sources, older)) {
    const found = await candidate(login, name, sources);
    if (found) yield found;
  }
  const own = ownAttemptId === null || ownIsUnsent ? [] : [await copyOf(db, ownAttemptId)];
  for (const attemptId of perhapsCut([...own, ...older])) yield* cutCopy(login, attemptId, sources);
  for (const { version } of (await knownVersionsOf(login, db)).others) {
    const found = await candidate(login, { kind: 'version', of: version }, sources);
    if (found) yield found;
  }
}

/** What was stored whole, but for versions that are tried last of all. */
async function* names(login: LoginInHand, { db, current, ownAttemptId, ownIsUnsent }: CandidateSources, older: readonly Copy[]): AsyncGenerator<CandidateName> {
  if (ownAttemptId !== null && !ownIsUnsent) yield { kind: 'copy', of: ownAttemptId };
  yield { kind: 'current', of: '' };
  yield* currentElsewhere(login, db);
  const [newest] = bySubmit(older).submitted;
  if (newest) yield { kind: 'copy', of: newest };
  // What somebody stored and a search replaced, because the portal did not know it yet, comes before what was accepted long ago.
  const { likely, others } = await knownVersionsOf(login, db);
  for (const { version } of likely) yield { kind: 'version', of: version };
  for (const { attemptId, attempt } of older) {
    const kept = cutThatWasFound(attempt);
    if (kept) yield kept;
    yield { kind: 'copy', of: attemptId };
  }
  yield* neverTried(login, current, [...likely, ...others]);
}

/** A person who changes the password of an account may save it in one of its secrets alone; all of them share what the portal still allows in failures. */
async function* currentElsewhere({ endpoint: { orgId, loginIdentity }, reference }: LoginInHand, db: Database): AsyncGenerator<CandidateName> {
  const others = await listOtherSecrets(db, { orgId, loginIdentity, secretArn: formatReference(reference), limit: MOST_ELSEWHERE });
  for (const { endpointId } of others) yield { kind: 'elsewhere', of: endpointId };
}

/** A finished rotation knows what its portal had kept of a password that it cut: what was current then may be in no version any more. */
function cutThatWasFound(attempt: RotationAttempt | null): CandidateName | null {
  if (attempt?.state !== 'done' || attempt.found === null) return null;
  const name = candidateNamed(attempt.found, attempt.id);
  return name.kind === 'copy' && name.first !== undefined ? name : null;
}

/** What was current before, and is in the store's history alone: of two people who stored a password one after the other, the portal may know the first's. */
async function* neverTried(
  { store, reference, held }: LoginInHand,
  current: StoredSecret | null,
  tried: readonly { readonly version: string }[],
): AsyncGenerator<CandidateName> {
  let later = current;
  for (let looked = 0; looked < MOST_LOOKED_BACK && later !== null; looked += 1) {
    later = await store.readBefore(reference, later.version, { signal: held.signal });
    if (later !== null && !tried.some(({ version }) => version === later?.version)) yield { kind: 'version', of: later.version };
  }
}

/** A staged copy, with what the journal knows of its attempt; `null`: nothing, as after a database was restored. */
interface Copy {
  readonly attemptId: string;
  readonly attempt: RotationAttempt | null;
}

const copyOf = async (db: Database, attemptId: string): Promise<Copy> => ({ attemptId, attempt: await getAttempt(db, { attemptId }) });

/**
 * By the journal, the newest first: not every store tells the age of its copies. One that the journal does not know may be newer than all. Those of the
 * account that lie beside another secret of the organization are among them: people move an account from one secret to another while it is rotated.
 */
async function olderCopies({ endpoint, store, reference, held }: LoginInHand, { db, ownAttemptId }: CandidateSources): Promise<readonly Copy[]> {
  const ids = (await store.listStaged(reference, { signal: held.signal })).filter((id) => id !== ownAttemptId);
  const copies: Copy[] = [];
  for (const id of ids.slice(0, MOST_LISTED)) copies.push(await copyOf(db, id));
  const { orgId, loginIdentity } = endpoint;
  const elsewhere = await listCopiesElsewhere(db, { orgId, loginIdentity, secretArn: formatReference(reference), limit: MOST_LISTED });
  // A secret that was made anew has another ARN, and its copies where they were.
  for (const attempt of elsewhere) if (!ids.includes(attempt.id)) copies.push({ attemptId: attempt.id, attempt });
  const newestFirst = copies.toSorted((one, other) => (madeAt(one) === madeAt(other) ? 0 : madeAt(other) - madeAt(one)));
  // A login whose rotation fails each day before anything is sent leaves more copies than are tried: none of them takes the place of one that was submitted.
  const tried = new Set([...newestFirst.filter(isSubmitted), ...newestFirst.filter((copy) => !isSubmitted(copy))].slice(0, MOST_COPIES));
  return newestFirst.filter((copy) => tried.has(copy));
}

const madeAt = ({ attempt }: Copy): number => attempt?.createdAt.getTime() ?? Number.POSITIVE_INFINITY;

/** As far as anybody knows: what the journal does not know, or did not when its copy was found, may have been. */
const isSubmitted = ({ attempt }: Copy): boolean => attempt === null || attempt.submitDeadlineAt !== null || attempt.reason === 'restored';

async function knownVersionsOf({ endpoint: { orgId, id: endpointId, loginIdentity } }: LoginInHand, db: Database) {
  const tried = await knownVersions(db, { orgId, endpointId, loginIdentity, limit: MOST_VERSIONS });
  const accepted = tried.filter((one) => one.accepted).slice(0, LAST_ACCEPTED);
  const [newest, ...others] = tried.filter((one) => !accepted.includes(one));
  return { likely: [...accepted, ...(newest ? [newest] : [])], others };
}

/**
 * Of these copies, the newest whose passwords a portal may have cut: those that were submitted as far as the journal knows come first; it may have
 * forgotten the last one.
 */
function perhapsCut(copies: readonly Copy[]): readonly string[] {
  const { submitted, others } = bySubmit(copies);
  return [...submitted, ...others].slice(0, MOST_CUT);
}

/** Without finished rotations: what those submitted was seen to be accepted as it is current. */
function bySubmit(copies: readonly Copy[]): { readonly submitted: readonly string[]; readonly others: readonly string[] } {
  const ids = (those: readonly Copy[]): readonly string[] => those.map(({ attemptId }) => attemptId);
  const open = copies.filter(({ attempt }) => attempt?.state !== 'done');
  return { submitted: ids(open.filter(isSubmitted)), others: ids(open.filter((copy) => !isSubmitted(copy))) };
}

async function* cutCopy(login: LoginInHand, attemptId: string, sources: Reading): AsyncGenerator<Candidate> {
  const whole = await candidate(login, { kind: 'copy', of: attemptId }, sources);
  if (whole === null) return;
  const longest = parsePasswordRules(login.endpoint.portalType.passwordRules).maxLength;
  const length = whole.password.map((password) => [...password].length);
  for (const first of cutLengths({ length: length.reveal(), longest })) yield cutTo(whole, first);
}

/** `null`: it is gone, or a person once stored what is no payload, or it was passed over. */
async function candidate(login: LoginInHand, name: CandidateName, { current, onUnread, away }: Reading): Promise<Candidate | null> {
  if (name.kind === 'current') return current && candidateOf(name, current, current);
  if (away.size > 0 && away.has(await placeElsewhere(login, name))) return null;
  try {
    return await unlessNoPayload(async () => {
      const stored = await readNamed(login, name);
      return stored && candidateOf(name, stored, current);
    });
  } catch (error) {
    if (onUnread === undefined || login.held.signal.aborted || !isRcmError(error)) throw error;
    const place = await placeElsewhere(login, name);
    if (place === null) throw error;
    if (isSilence(error) && place !== placeKey(login.reference)) away.add(place);
    onUnread(name, error);
    return null;
  }
}

const isSilence = (error: RcmError): boolean => hasCode(error, 'store_unavailable', 'deadline_exceeded');

/**
 * The place of what does not lie beside the login's own secret: it may be down, closed or of this deployment no more while the login's own secret is there. `null`: it lies beside it, as far as
 * the journal knows.
 */
async function placeElsewhere(login: LoginInHand, { kind, of }: CandidateName): Promise<string | null> {
  const reference = kind === 'elsewhere' ? await login.secretOf(of) : kind === 'copy' ? ((await login.slotElsewhere(of))?.current ?? null) : null;
  return reference && placeKey(reference);
}
