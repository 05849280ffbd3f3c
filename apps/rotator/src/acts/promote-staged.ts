import { parsePayload, rotationOf, serializePayload, type StoredSecret, withPassword } from '@rcm/credentials';
import { recordAuditEvent } from '@rcm/db';
import { hasCode, type Secret } from '@rcm/telemetry';
import type { AttemptInHand } from '../machine/attempt.ts';
import type { AttemptEvent } from '../machine/transitions.ts';

/**
 * `verified`: makes the new password current in the store. The row follows in one transaction with the state. Where a person has
 * changed the secret meanwhile, the journal names their version as the previous one, the staged password is proved once more, and
 * theirs stays as it is but for the password, which is the one the portal accepts. Each round of this needs another edit by a person, so it ends.
 */
export async function promoteStaged(inHand: AttemptInHand): Promise<AttemptEvent> {
  const { services, endpoint, store, slot, attempt, held } = inHand;
  const edited = attempt.previousVersion;
  await recordAuditEvent(services.db, {
    orgId: endpoint.orgId,
    actor: attempt.owner,
    action: edited === null ? 'secret.promote' : 'secret.promote_onto_edit',
    subject: endpoint.id,
    reason: attempt.reason,
    details: { attemptId: attempt.id, baseVersion: edited ?? attempt.baseVersion },
  });
  try {
    const promoted = edited === null ? await store.promote(slot, attempt.baseVersion, { signal: held.signal }) : await promoteOnto(inHand, edited);
    return { kind: 'store_promoted', version: promoted.version };
  } catch (error) {
    if (hasCode(error, 'secret_missing'))
      return { kind: 'copy_missing', detail: 'the staged copy, or the current secret, is gone before the new password was made current' };
    if (hasCode(error, 'store_conflict')) return editedBySomebody(inHand);
    throw error;
  }
}

async function editedBySomebody({ store, slot, held }: AttemptInHand): Promise<AttemptEvent> {
  const current = await store.read(slot.current, { signal: held.signal });
  if (current === null) return { kind: 'copy_missing', detail: 'somebody removed the current secret while the portal was being changed' };
  const detail = `somebody changed the current secret while the portal was being changed; their version ${current.version} is kept as the previous one, with their other fields`;
  return { kind: 'current_edited', version: current.version, detail };
}

/** Repeatable: what is built from an already replaced text is that same text, and `replace` then writes nothing. */
async function promoteOnto({ store, slot, held }: AttemptInHand, base: string): Promise<{ readonly version: string }> {
  const options = { signal: held.signal };
  const [theirs, staged] = await Promise.all([store.read(slot.current, options), store.readStaged(slot, options)]);
  // Fails as `promote` would: with `secret_missing`.
  if (theirs === null || staged === null) return store.promote(slot, base, options);
  return store.replace(slot.current, theirsWithOurPassword(theirs, staged), base, options);
}

function theirsWithOurPassword(theirs: StoredSecret, staged: StoredSecret): Secret<string> {
  const { attemptId, counter } = rotationOf(staged.text);
  const ours = parsePayload(staged.text);
  const changedAt = ours.map(({ metadata }) => metadata?.last_rotated ?? '').reveal();
  return serializePayload(
    withPassword(parsePayload(theirs.text), { password: ours.map(({ password }) => password), attemptId: attemptId ?? '', counter, now: new Date(changedAt) }),
  );
}
