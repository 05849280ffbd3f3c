import { parsePayload, rotationOf, serializePayload, type StoredSecret, withPassword } from '@rcm/credentials';
import { recordAuditEvent } from '@rcm/db';
import { hasCode, RcmError, type Secret } from '@rcm/telemetry';
import { candidateNamed, readNamed } from '../finding/candidate.ts';
import { heldOptions } from '../finding/login-in-hand.ts';
import type { AttemptInHand } from '../machine/attempt.ts';
import { type AttemptEvent, holding } from '../machine/event.ts';
import { accountLeft } from './account-left.ts';

/**
 * `verified`: makes the password that the portal accepts current in the store. The row follows in one transaction with the state. The staged payload
 * becomes current as it is where nobody has edited the secret since it was made; else current stays as it is but for the
 * password, so no person's field is lost, and the proof must be of this hold: who edits the secret may have set the password at the portal since. Where
 * a person edits it in this very moment, the journal names their version as the previous one and the password is proved once more. Each round of this
 * needs another edit by a person, or a store that answers with what it held before an edit; from the second on there is a pause before it.
 */
export async function promoteFound(inHand: AttemptInHand): Promise<AttemptEvent> {
  const { services, login, attempt } = inHand;
  const { endpoint, store } = login;
  const edited = attempt.previousVersion;
  const base = edited ?? attempt.baseVersion;
  const found = foundBy(attempt);
  const isPlain = found === 'staged' && edited === null;
  const theirs = isPlain ? null : await store.read(login.reference, { signal: login.held.signal });
  const left = await accountLeft(inHand, theirs);
  if (left) return left;
  const onto = isPlain ? undefined : inHand.proven;
  if (onto === null) return { kind: 'proof_old', detail: 'the promotion had to wait, so the password is proved again before it lies over an edit' };
  await recordAuditEvent(services.db, {
    orgId: endpoint.orgId,
    actor: attempt.owner,
    action: isPlain ? 'secret.promote' : 'secret.promote_onto_edit',
    subject: endpoint.id,
    reason: attempt.reason,
    details: { attemptId: attempt.id, baseVersion: base, found },
  });
  try {
    const promoted =
      onto === undefined ? await store.promote(login.slotOf(attempt.id), base, heldOptions(login)) : await promoteOnto(inHand, theirs, onto, base);
    return { kind: 'store_promoted', version: promoted.version };
  } catch (error) {
    if (hasCode(error, 'secret_missing')) return somethingGone(inHand);
    if (hasCode(error, 'store_conflict')) return editedBySomebody(inHand);
    throw error;
  }
}

/** Which password the portal accepts, as the journal names it: the staged one, unless another was found. */
const foundBy = ({ found }: AttemptInHand['attempt']): string => found ?? 'staged';

/** Whoever makes a secret anew is done in minutes. */
const MADE_ANEW_MS = 3_600_000;

/**
 * Where the copy is there, the secret is waited for: a person may be making it anew, and what they make is an edit like any other. It may be there again by
 * now, which the next round meets.
 */
async function somethingGone({ login, attempt, heldMs, services }: AttemptInHand): Promise<AttemptEvent> {
  const copy = await readNamed(login, candidateNamed(foundBy(attempt), attempt.id));
  if (copy !== null && heldMs < MADE_ANEW_MS)
    return holding({
      detail: 'the current secret was gone from the store; the password that the portal accepts is kept',
      forMs: services.timing.retryMs,
      ownMatter: true,
    });
  const gone = copy === null ? 'the copy of the password that the portal accepts' : 'the current secret';
  return { kind: 'copy_missing', detail: `${gone} was gone when it was to be made current` };
}

async function editedBySomebody(inHand: AttemptInHand): Promise<AttemptEvent> {
  const { login, services } = inHand;
  if (inHand.editMet)
    return holding({
      detail: 'the current secret was changed again, or its store answers with what it held before; the password that the portal accepts is kept',
      forMs: services.timing.retryMs,
      ownMatter: true,
    });
  const current = await login.store.read(login.reference, { signal: login.held.signal });
  if (current === null) return somethingGone(inHand);
  const detail = `somebody changed the current secret while the portal was being changed; their version ${current.version} is kept as the previous one, with their other fields`;
  return { kind: 'current_edited', version: current.version, detail };
}

/**
 * Repeatable: what is built from an already replaced text is that same text, and `replace` then writes nothing. The password is the one that the portal accepted,
 * not read again: where it came from, a person may have saved another one meanwhile.
 */
async function promoteOnto(
  { login, attempt }: AttemptInHand,
  theirs: StoredSecret | null,
  password: Secret<string>,
  base: string,
): Promise<{ readonly version: string }> {
  if (theirs === null) throw new RcmError('secret_missing', 'The secret is not in the store.');
  // A store may answer with what it held a moment before: built from that, the edit that the journal names would be undone.
  if (theirs.version !== base && rotationOf(theirs.text).attemptId !== attempt.id)
    throw new RcmError('store_conflict', 'The current secret is another one than the password was to be put into.');
  // What is ours may be the outcome, or what we wrote over an edit that was put back: only the version that is built on says what is to be kept.
  const onto = theirs.version === base ? theirs : await login.store.readVersion(login.reference, base, { signal: login.held.signal });
  if (onto === null) throw new RcmError('store_conflict', 'The version that the password was to be put into is not to be seen.');
  return login.store.replace(login.reference, withOurPassword(onto, password, attempt), base, heldOptions(login));
}

/** Their payload, password only. The counter goes up once for an attempt, however often this is repeated. */
function withOurPassword(theirs: StoredSecret, password: Secret<string>, { id, createdAt }: { readonly id: string; readonly createdAt: Date }): Secret<string> {
  const { attemptId, counter } = rotationOf(theirs.text);
  return serializePayload(
    withPassword(parsePayload(theirs.text), { password, attemptId: id, counter: attemptId === id ? counter : counter + 1, now: createdAt }),
  );
}
