import { generatePassword, parsePasswordRules, parsePayload, serializePayload, type StoredSecret, withPassword } from '@rcm/credentials';
import { recordAuditEvent } from '@rcm/db';
import type { AttemptInHand } from '../machine/attempt.ts';
import type { AttemptEvent } from '../machine/transitions.ts';

/** `planned`: puts the new password beside the current one. One attempt has one password: what is already staged is adopted. */
export async function stagePayload(inHand: AttemptInHand): Promise<AttemptEvent> {
  const { services, endpoint, store, slot, attempt, held } = inHand;
  if (attempt.recipeHash !== services.drivers.for(endpoint.portalType).hash)
    return { kind: 'recipe_changed', detail: 'the recipe was changed; nothing was submitted' };
  const current = await store.read(slot.current, { signal: held.signal });
  if (current === null || current.version !== attempt.baseVersion)
    return { kind: 'base_moved', detail: 'the current secret changed before anything was submitted' };
  await recordAuditEvent(services.db, {
    orgId: endpoint.orgId,
    actor: attempt.owner,
    action: 'secret.stage',
    subject: endpoint.id,
    reason: attempt.reason,
    details: { attemptId: attempt.id, baseVersion: attempt.baseVersion },
  });
  await store.stage(slot, newPayload(inHand, current), { signal: held.signal });
  return { kind: 'payload_staged' };
}

function newPayload(inHand: AttemptInHand, current: StoredSecret) {
  const { endpoint, attempt, services } = inHand;
  const payload = parsePayload(current.text);
  const { username, password, counter } = payload
    .map((p) => ({ username: p.username, password: p.password, counter: p.metadata?.rotation_counter ?? 0 }))
    .reveal();
  const next = generatePassword(parsePasswordRules(endpoint.portalType.passwordRules), { username, previous: [password] });
  return serializePayload(withPassword(payload, { password: next, attemptId: attempt.id, counter: counter + 1, now: services.clock.now() }));
}
