import { type AttemptInHand, loginWith, stagedVersion } from '../machine/attempt.ts';
import { holdFor, wasRejected } from '../machine/login-events.ts';
import type { AttemptEvent } from '../machine/transitions.ts';

/**
 * `submitting`, after the submit deadline and settle: only the portal knows whether the change was applied. The staged password
 * is tried first, since it is the likelier; the current one only after the portal refused the staged one.
 */
export async function probePortal(inHand: AttemptInHand): Promise<AttemptEvent> {
  const { store, slot, attempt, held, services, endpoint } = inHand;
  const staged = await store.readStaged(slot, { signal: held.signal });
  if (staged === null) return { kind: 'copy_missing', detail: 'the staged copy is gone after the change was submitted' };
  const withStaged = await loginWith(inHand, staged, stagedVersion(attempt.id));
  if (withStaged.kind === 'accepted') {
    await withStaged.session.close();
    inHand.stagedProven = true;
    return { kind: 'staged_accepted' };
  }
  if (!wasRejected(withStaged)) return holdFor(inHand, withStaged);

  const current = await store.read(slot.current, { signal: held.signal });
  if (current === null) return { kind: 'hold', detail: 'the current secret is missing', forMs: services.timing.retryMs };
  const withCurrent = await loginWith(inHand, current, current.version);
  if (withCurrent.kind === 'accepted') {
    await withCurrent.session.close();
    return { kind: 'current_accepted', detail: 'the portal kept the current password' };
  }
  if (!wasRejected(withCurrent)) return holdFor(inHand, withCurrent);
  if (attempt.probes + 1 >= services.timing.maxTries)
    return { kind: 'neither_accepted', detail: 'the portal accepts neither the staged nor the current password' };
  return { kind: 'hold', detail: 'the portal accepted neither password yet', forMs: Math.max(endpoint.portalType.settleMs, 1_000), counts: true };
}
