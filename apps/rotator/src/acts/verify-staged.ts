import { type AttemptInHand, askPortal, stagedVersion } from '../machine/attempt.ts';
import { holdFor, proofOf } from '../machine/login-events.ts';
import type { AttemptEvent } from '../machine/transitions.ts';

/**
 * `applied`: the new password must open a fresh context. The old one is not tried. A portal may take `settle` until it knows the
 * new one everywhere, so a first refusal is only waited out; after a second one it is open again what the portal accepts.
 */
export async function verifyStaged(inHand: AttemptInHand): Promise<AttemptEvent> {
  if (inHand.stagedProven) return { kind: 'staged_accepted' };
  const { store, slot, attempt, held, endpoint } = inHand;
  const staged = await store.readStaged(slot, { signal: held.signal });
  if (staged === null) return { kind: 'copy_missing', detail: 'the staged copy is gone after the change was applied' };
  const login = await askPortal(inHand, staged, stagedVersion(attempt.id));
  const proof = proofOf(login);
  if (proof === 'right') return { kind: 'staged_accepted' };
  if (proof === 'wrong' && attempt.guesses === 0) {
    return {
      kind: 'hold',
      detail: 'the portal said applied and does not know the new password yet',
      forMs: Math.max(endpoint.portalType.settleMs, 1_000),
      counts: 'guess',
    };
  }
  if (proof === 'wrong') return { kind: 'staged_refused', detail: 'the portal said applied and then refused the new password' };
  return login.kind === 'accepted' ? { kind: 'staged_accepted' } : holdFor(inHand, login);
}
