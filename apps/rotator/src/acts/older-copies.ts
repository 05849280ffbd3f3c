import { recordAuditEvent } from '@rcm/db';
import { type AttemptInHand, askPortal, stagedVersion } from '../machine/attempt.ts';
import { holdFor, isKnownBad, proofOf } from '../machine/login-events.ts';
import type { AttemptEvent } from '../machine/transitions.ts';

/**
 * Tries the password of the copy in this place (0: the newest) that an older attempt has left in the store. The portal may have
 * made its change long after we thought it would not, or a restored database may have forgotten the attempt.
 *
 * An accepted one is made current at once: it is what the portal wants. If the process dies before the journal says so, the next
 * round finds that the portal accepts what is current. `null`: there is no copy in this place, or the portal refused it for good.
 */
export async function tryOlderCopy(inHand: AttemptInHand, place: number): Promise<AttemptEvent | null> {
  const { services, store, slot, attempt, endpoint, held } = inHand;
  const others = (await store.listStaged(slot.current, { signal: held.signal })).filter((id) => id !== attempt.id);
  const attemptId = others[place];
  if (attemptId === undefined) return null;
  const older = { ...slot, attemptId };
  const copy = await store.readStaged(older, { signal: held.signal });
  const current = await store.read(slot.current, { signal: held.signal });
  if (copy === null || current === null) return next(inHand);
  const login = await askPortal(inHand, copy, stagedVersion(attemptId));
  const proof = proofOf(login);
  if (proof === 'nothing' && login.kind !== 'accepted' && !isKnownBad(login)) return holdFor(inHand, login);
  if (proof !== 'right') return next(inHand);

  await recordAuditEvent(services.db, {
    orgId: endpoint.orgId,
    actor: attempt.owner,
    action: 'secret.promote',
    subject: endpoint.id,
    reason: 'the portal accepts the copy of an older attempt',
    details: { attemptId, baseVersion: current.version },
  });
  const { version } = await store.promote(older, current.version, { signal: held.signal });
  const detail = `the portal accepts the password of attempt ${attemptId}; it is current now`;
  return { kind: 'older_made_current', version, olderAttemptId: attemptId, detail };
}

/** The next copy is tried in the next round, within the ledger's budget. */
const next = ({ endpoint }: AttemptInHand): AttemptEvent => ({
  kind: 'hold',
  detail: 'the portal accepts none of the copies tried so far',
  forMs: Math.max(endpoint.portalType.settleMs, 1_000),
  counts: 'guess',
});
