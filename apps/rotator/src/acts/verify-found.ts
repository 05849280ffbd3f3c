import { passwordTries, remainingBudget } from '@rcm/db/ledger';
import { accountOf } from '@rcm/portal-access';
import { candidateNamed, candidateOf, ledgerVersion, readNamed } from '../finding/candidate.ts';
import { askHeld } from '../finding/held-login.ts';
import type { AttemptInHand } from '../machine/attempt.ts';
import { type AttemptEvent, holding } from '../machine/event.ts';
import { holdFor, proofOf } from '../machine/login-events.ts';
import { accountLeft } from './account-left.ts';

/** Failures that must be left for the same password to be tried a second time. */
const FOR_A_SECOND_TRY = 2;

/**
 * `applied`: the password that the portal is said to accept must open a fresh context. A portal may take its propagation delay until it knows the
 * new one everywhere, so a first refusal is only waited out, where the budget has room for a second; after that it is open again what the portal accepts.
 */
export async function verifyFound(inHand: AttemptInHand): Promise<AttemptEvent> {
  if (inHand.proven !== null) return { kind: 'staged_accepted' };
  const { services, login, attempt } = inHand;
  const { endpoint, held, store, reference } = login;
  const name = candidateNamed(attempt.found ?? 'staged', attempt.id);
  const [stored, current] = [await readNamed(login, name), await store.read(reference, { signal: held.signal })];
  const left = await accountLeft(inHand, current);
  if (left) return left;
  if (stored === null) return { kind: 'copy_missing', detail: 'the copy of the new password is gone after the change was made' };
  const { payload, password } = candidateOf(name, stored, current);
  const result = await askHeld(services, login, { payload, version: ledgerVersion(name, current), attemptId: attempt.id });
  const proof = proofOf(result);
  if (proof === 'right') {
    inHand.proven = password;
    return { kind: 'staged_accepted' };
  }
  if (result.kind === 'accepted' || result.kind === 'must_change')
    return holding({ detail: 'the portal demands a change before it lets anybody in', forMs: services.timing.retryMs });
  if (proof === 'nothing') {
    const hold = holdFor(services, endpoint, result);
    return inHand.heldMs > services.timing.giveUpMs
      ? { kind: 'none_accepted', detail: `the portal said applied, and could not be asked whether it is so: ${hold.detail}` }
      : holding(hold);
  }
  const { fingerprints } = accountOf(services.keys, endpoint, payload);
  return (await mayAskAgain(inHand, fingerprints))
    ? holding({ detail: 'the portal said applied and does not know the new password yet', forMs: Math.max(endpoint.portalType.propagationDelayMs, 1_000) })
    : { kind: 'staged_refused', detail: 'the portal said applied and then refused the new password' };
}

async function mayAskAgain({ services, login, attempt }: AttemptInHand, fingerprints: readonly string[]): Promise<boolean> {
  const { orgId, loginIdentity } = login.endpoint;
  // From when the change was let out: what was refused before is no second refusal.
  const since = new Date((attempt.submitDeadlineAt ?? attempt.createdAt).getTime() - services.timing.submitDeadlineMs);
  const { refusedSince } = await passwordTries(services.db, { orgId, loginIdentity, fingerprints, since });
  if (refusedSince > 1) return false;
  return (await remainingBudget(services.db, { orgId, loginIdentity })).failuresLeft >= FOR_A_SECOND_TRY;
}
