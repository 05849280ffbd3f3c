import { type AttemptInHand, loginWith, stagedVersion } from '../machine/attempt.ts';
import { holdFor, wasRejected } from '../machine/login-events.ts';
import type { AttemptEvent } from '../machine/transitions.ts';

/** `applied`: the new password must open a fresh context. The old one is not tried. */
export async function verifyStaged(inHand: AttemptInHand): Promise<AttemptEvent> {
  const { store, slot, attempt, held } = inHand;
  if (inHand.stagedProven) return { kind: 'staged_accepted' };
  const staged = await store.readStaged(slot, { signal: held.signal });
  if (staged === null) return { kind: 'copy_missing', detail: 'the staged copy is gone after the change was applied' };
  const login = await loginWith(inHand, staged, stagedVersion(attempt.id));
  if (login.kind === 'accepted') {
    await login.session.close();
    inHand.stagedProven = true;
    return { kind: 'staged_accepted' };
  }
  if (wasRejected(login)) return { kind: 'staged_refused', detail: 'the portal said applied and then refused the new password' };
  return holdFor(inHand, login);
}
