import { generatePassword, type PasswordRules, parsePasswordRules, parsePayload, serializePayload, type StoredSecret, withPassword } from '@rcm/credentials';
import { recordAuditEvent } from '@rcm/db';
import { keptLength, rotationTo } from '@rcm/db/rotation';
import type { Secret } from '@rcm/telemetry';
import { heldOptions, type LoginInHand } from '../finding/login-in-hand.ts';
import type { AttemptInHand } from '../machine/attempt.ts';
import type { AttemptEvent } from '../machine/event.ts';
import { nothingSubmitted } from './change-evidence.ts';
import { rememberedPasswords } from './remembered-passwords.ts';

/** `planned`: puts the new password beside the current one. One attempt has one password: what is already staged is adopted. */
export async function stagePayload(inHand: AttemptInHand): Promise<AttemptEvent> {
  const { services, login, attempt } = inHand;
  const { endpoint, store, reference, held } = login;
  if (inHand.heldMs > services.timing.giveUpMs)
    return { kind: 'gave_up', detail: `${attempt.detail ?? 'nothing could be staged'}; ${nothingSubmitted(attempt)}` };
  if (attempt.recipeHash !== services.drivers.for(endpoint.portalType).hash)
    return { kind: 'recipe_changed', detail: `the recipe was changed; ${nothingSubmitted(attempt)}` };
  const current = await store.read(reference, { signal: held.signal });
  if (current === null || current.version !== attempt.baseVersion)
    return { kind: 'base_moved', detail: `the current secret changed; ${nothingSubmitted(attempt)}`, dueSoon: true };
  if (!(await goesBackAsAsked(inHand)))
    return { kind: 'base_moved', detail: `the password to go back from is not current any more; ${nothingSubmitted(attempt)}`, dueSoon: true };
  const password = await nextPassword(inHand, current);
  if (password === null) return { kind: 'base_moved', detail: `the version to go back to is not in the store any more; ${nothingSubmitted(attempt)}` };
  await recordAuditEvent(services.db, {
    orgId: endpoint.orgId,
    actor: attempt.owner,
    action: 'secret.stage',
    subject: endpoint.id,
    reason: attempt.reason,
    details: { attemptId: attempt.id, baseVersion: attempt.baseVersion },
  });
  await store.stage(login.slotOf(attempt.id), newPayload(inHand, current, password), heldOptions(login));
  return { kind: 'payload_staged' };
}

/** A rollback is from what replaced the chosen version. Where another rotation came between, or a person's edit, it would go back from what whoever asked had not seen. */
async function goesBackAsAsked({ services, attempt }: AttemptInHand): Promise<boolean> {
  if (attempt.chosenVersion === null) return true;
  const { orgId, endpointId, baseVersion } = attempt;
  return (await rotationTo(services.db, { orgId, endpointId, version: baseVersion }))?.previousVersion === attempt.chosenVersion;
}

/** A new one by the portal type's rules; for a rollback, that of the chosen version, or `null` where the store keeps it no more. */
async function nextPassword({ services, login, attempt }: AttemptInHand, current: StoredSecret): Promise<Secret<string> | null> {
  const { endpoint, store, reference, held } = login;
  if (attempt.chosenVersion !== null) {
    const chosen = await store.readVersion(reference, attempt.chosenVersion, { signal: held.signal });
    return chosen && parsePayload(chosen.text).map((payload) => payload.password);
  }
  const { username, password } = parsePayload(current.text).reveal();
  const rules = await rulesOf(services, endpoint);
  const asked = { orgId: attempt.orgId, secretArn: attempt.secretArn, reference, history: rules.history };
  const earlier = await rememberedPasswords(services.db, store, asked, held.signal);
  return generatePassword(rules, { username, current: password, previous: [password, ...earlier.map((remembered) => remembered.reveal())] });
}

/** A portal type that was seen to cut passwords gets none that it would cut again. */
async function rulesOf({ db }: AttemptInHand['services'], { portalTypeCode, portalType }: LoginInHand['endpoint']): Promise<PasswordRules> {
  const rules = parsePasswordRules(portalType.passwordRules);
  const kept = await keptLength(db, { portalTypeCode });
  return kept !== null && kept >= rules.minLength && kept < rules.maxLength ? { ...rules, maxLength: kept } : rules;
}

/** The time in it is the journal's: whoever repeats this writes the same. */
function newPayload({ attempt }: AttemptInHand, current: StoredSecret, password: Secret<string>): Secret<string> {
  const payload = parsePayload(current.text);
  const counter = payload.reveal().metadata?.rotation_counter ?? 0;
  return serializePayload(withPassword(payload, { password, attemptId: attempt.id, counter: counter + 1, now: attempt.createdAt }));
}
