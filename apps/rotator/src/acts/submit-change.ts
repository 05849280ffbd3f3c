import { parsePayload, type StoredSecret } from '@rcm/credentials';
import { advanceAttempt } from '@rcm/db';
import { portalCredential } from '@rcm/portal-access';
import type { ChangeOutcome, PortalSession } from '@rcm/portal-drivers';
import { RcmError } from '@rcm/telemetry';
import { type AttemptInHand, loginWith } from '../machine/attempt.ts';
import { journal } from '../machine/journal.ts';
import { holdFor, isKnownBad, proofOf } from '../machine/login-events.ts';
import type { AttemptEvent } from '../machine/transitions.ts';
import { changeEvidence } from './change-evidence.ts';
import { tryOlderCopy } from './older-copies.ts';

/** What a rotation is planned for where a copy was found that the journal does not know: the database was restored to an earlier hour. */
export const RESTORED = 'restored';

/** `staged`: logs in with the current password and submits the change. The journal says `submitting` before the POST is let out. */
export async function submitChange(inHand: AttemptInHand): Promise<AttemptEvent> {
  const { store, slot, attempt, held, services, endpoint } = inHand;
  if (attempt.probes >= services.timing.maxTries) return { kind: 'gave_up', detail: attempt.detail ?? 'the change could not be submitted' };
  if (attempt.recipeHash !== services.drivers.for(endpoint.portalType).hash)
    return { kind: 'recipe_changed', detail: 'the recipe was changed; nothing was submitted' };
  if (attempt.reason === RESTORED && attempt.probes === 0) {
    await held.extend();
    return { kind: 'maybe_submitted', detail: 'nobody knows whether this password was submitted before the database was restored' };
  }
  const current = await store.read(slot.current, { signal: held.signal });
  if (current === null || current.version !== attempt.baseVersion)
    return { kind: 'base_moved', detail: 'the current secret changed before anything was submitted' };
  const staged = await store.readStaged(slot, { signal: held.signal });
  if (staged === null) return { kind: 'gave_up', detail: 'the staged copy is gone; nothing was submitted' };

  const login = await loginWith(inHand, current, attempt.baseVersion);
  if (login.kind === 'accepted') {
    try {
      return await submit(inHand, login.session, current, staged);
    } finally {
      await login.session.close();
    }
  }
  const isBad = login.kind === 'not_allowed' ? isKnownBad(login) : proofOf(login) === 'wrong' && login.judgement.effect === 'version_bad';
  if (!isBad) return holdFor(inHand, login);
  // The portal may have made an older change after all: what it accepts now is then among the copies.
  return (
    (await tryOlderCopy(inHand, attempt.guesses)) ?? {
      kind: 'current_refused',
      detail: `the portal accepts neither the current password (version ${current.version}) nor an older copy`,
    }
  );
}

async function submit(inHand: AttemptInHand, session: PortalSession, current: StoredSecret, staged: StoredSecret): Promise<AttemptEvent> {
  const { services, held, endpoint } = inHand;
  const sent = { value: false };
  const sentBefore = inHand.attempt.submitDeadlineAt !== null || inHand.attempt.reason === RESTORED;
  const outcome = await session
    .changePassword({
      credential: portalCredential(parsePayload(current.text)),
      newPassword: parsePayload(staged.text).map((payload) => payload.password),
      deadlineMs: services.timing.submitDeadlineMs,
      signal: held.signal,
      beforeSubmit: async () => {
        await writeSubmitting(inHand);
        sent.value = true;
      },
    })
    .catch((error: unknown): ChangeOutcome => {
      services.logger.warn({ err: error, endpointId: endpoint.id, attemptId: inHand.attempt.id, sent: sent.value }, 'the password change ended in an error');
      return { kind: 'unknown', detail: 'the driver failed', submitted: sent.value };
    });
  if (!sent.value && outcome.kind === 'refused')
    return { kind: 'gave_up', detail: `the page does not take the new password (${outcome.rule}); nothing was sent` };
  if (!sent.value)
    return { kind: 'hold', detail: `the change form could not be submitted (${outcome.kind})`, forMs: services.timing.retryMs, counts: 'submit' };
  if (!outcome.submitted) return { kind: 'change_not_sent', detail: 'the change was about to be sent and never left the browser' };
  return changeEvent(inHand, outcome, sentBefore);
}

/** The lease is extended first: it must outlive the submit deadline, or another rotator could take over while the POST is under way. */
async function writeSubmitting(inHand: AttemptInHand): Promise<void> {
  const { services, held, attempt } = inHand;
  await held.extend();
  const submitDeadlineMs = services.timing.submitDeadlineMs;
  const moved = await journal(services, 'submitting', () =>
    advanceAttempt(services.db, {
      attemptId: attempt.id,
      orgId: attempt.orgId,
      fence: held.lease.fence,
      from: 'staged',
      to: 'submitting',
      set: { submitDeadlineMs, guesses: 0 },
    }),
  );
  if (!moved)
    throw new RcmError('state_conflict', 'Another rotator has taken over this attempt; nothing was submitted.', { details: { attemptId: attempt.id } });
  inHand.mayProbe = false;
  inHand.attempt = { ...attempt, state: 'submitting', guesses: 0 };
}

function changeEvent(inHand: AttemptInHand, outcome: ChangeOutcome, sentBefore: boolean): AttemptEvent {
  const answer = outcome.kind === 'refused' ? `refused: ${outcome.rule}` : outcome.kind === 'unknown' ? `its end is not known: ${outcome.detail}` : 'applied';
  switch (changeEvidence(outcome, sentBefore)) {
    case 'applied':
      return { kind: 'change_confirmed' };
    case 'unchanged':
      return { kind: 'change_refused', detail: `the portal refused the new password (${answer})` };
    case 'nothing':
      return afterSubmitDeadline(inHand, `the change was sent, and only a login can tell what became of it (${answer})`);
  }
}

/** Nobody logs in before the portal has had its time: the submit deadline, and then its settle. */
export const afterSubmitDeadline = ({ endpoint }: AttemptInHand, detail: string): AttemptEvent => ({
  kind: 'hold',
  detail,
  afterSubmitMs: endpoint.portalType.settleMs,
});
