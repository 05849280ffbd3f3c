import { keepsFieldsOf, parsePayload, type StoredSecret } from '@rcm/credentials';
import { advanceAttempt, tellLeftBehind } from '@rcm/db/rotation';
import { type CurrentPassword, guardedChange, guardedConfirm, type GuardedResult, type LoginCodes, mayLeave, portalCredential } from '@rcm/portal-access';
import type { ChangeOutcome, PortalSession } from '@rcm/portal-drivers';
import { RcmError } from '@rcm/telemetry';
import { heldCodes, logInHeld } from '../finding/held-login.ts';
import { heldOptions } from '../finding/login-in-hand.ts';
import type { AttemptInHand } from '../machine/attempt.ts';
import { type AttemptEvent, holding } from '../machine/event.ts';
import { journal } from '../machine/journal.ts';
import { holdFor, proofOf } from '../machine/login-events.ts';
import { changeEvidence, nothingSubmitted } from './change-evidence.ts';
import { currentRefused, wasRefused } from './current-refused.ts';
import { neverLeft, notSent } from './not-sent.ts';
import { whyNotTriedNow } from './not-tried.ts';

/** A store's reads may be behind its writes, and whoever gives up at once pauses for half a day. */
const SEEN_WITHIN_MS = 300_000;

/**
 * `staged`: logs in with the current password and submits the change; where the portal lets nobody in before a change, through its own form.
 * The journal says `submitting` before the POST is let out, and what can be known before the portal is touched is known by then.
 */
export async function submitChange(inHand: AttemptInHand): Promise<AttemptEvent> {
  const { login, attempt, services } = inHand;
  const { store, reference, held, endpoint } = login;
  const notTried = await whyNotTriedNow(inHand);
  if (notTried) return notTried;
  const nothing = nothingSubmitted(attempt);
  const current = await store.read(reference, { signal: held.signal });
  if (current === null || current.version !== attempt.baseVersion)
    return { kind: 'base_moved', detail: `the current secret changed; ${nothing}`, dueSoon: true };
  const staged = await store.readStaged(login.slotOf(attempt.id), { signal: held.signal });
  if (staged === null) {
    if (inHand.heldMs < SEEN_WITHIN_MS) return holding({ detail: 'the staged copy is not to be seen', forMs: services.timing.retryMs, ownMatter: true });
    return { kind: 'gave_up', detail: `the staged copy is gone; ${nothing}` };
  }
  // A secret that was deleted and made again counts its versions from 1: the number alone does not say that it is the text the copy was made from.
  if (!keepsFieldsOf(staged.text, current.text))
    return { kind: 'base_moved', detail: `the current secret is another by the same version; ${nothing}`, dueSoon: true };
  if (await wasRefused(inHand, current)) return currentRefused(inHand);
  const { overwritten } = await store.rehearse(login.slotOf(attempt.id), attempt.baseVersion, { ...heldOptions(login), text: staged.text });
  if (overwritten !== null) await tellOverwritten(inHand, overwritten.version);

  const result = await logInHeld(services, login, {
    payload: parsePayload(current.text),
    version: current.version,
    attemptId: attempt.id,
    mustChange: 'keep',
  });
  if (result.kind === 'accepted' || result.kind === 'must_change') {
    try {
      return await submit(inHand, result.session, { current, staged });
    } finally {
      await result.session.close();
    }
  }
  if (!isRefusal(result)) return holding(holdFor(services, endpoint, result));
  const { propagationDelayMs } = endpoint.portalType;
  return holding({
    detail: 'the portal refuses the current password; if it is not just slow to know it, another one is searched',
    forMs: Math.max(propagationDelayMs, 1_000),
  });
}

/** Somebody wrote over it without having read it, or went back on purpose: only they know, so they are told where it lies. The rotation goes on from what is current. */
function tellOverwritten({ services, login }: AttemptInHand, version: string): Promise<void> {
  const { orgId, id: endpointId, portalTypeCode } = login.endpoint;
  const detail = `version ${version} was written over by what looks like an older text; it is in the history of the secret`;
  return tellLeftBehind(services.db, { orgId, endpointId, portalTypeCode, version, detail });
}

/** The portal does not accept what is current, now or by what the ledger knows. */
const isRefusal = (result: GuardedResult): boolean =>
  result.kind === 'not_allowed' ? result.reason === 'password_bad' || result.reason === 'password_suspect' : proofOf(result) === 'wrong';

interface Texts {
  readonly current: StoredSecret;
  readonly staged: StoredSecret;
}

async function submit(inHand: AttemptInHand, session: PortalSession, { current, staged }: Texts): Promise<AttemptEvent> {
  const { services, login } = inHand;
  const sent = { value: false };
  // Made when the page asks, if it does: nobody else has the login, and only who shares its inbox may have the turn.
  let codes: LoginCodes | null = null;
  const code = async () => {
    codes = await heldCodes(services, login, parsePayload(current.text));
    return codes ? codes.next() : null;
  };
  const assertHeld = () => login.held.assertHeld();
  const typed = currentOf(inHand, current);
  const confirm = guardedConfirm({ ...typed, assertHeld });
  const sentBefore = inHand.attempt.submitDeadlineAt !== null || inHand.attempt.reason === 'restored';
  const change = guardedChange({ ...typed, sentBefore: sentBefore || inHand.attempt.failedSubmits > 0 });
  const outcome = await session
    .changePassword({
      credential: portalCredential(parsePayload(current.text)),
      newPassword: parsePayload(staged.text).map((payload) => payload.password),
      totp: code,
      confirm,
      deadlineMs: services.timing.submitDeadlineMs,
      signal: login.held.signal,
      beforeSubmit: async () => {
        await change.before();
        await writeSubmitting(inHand);
        sent.value = true;
      },
      mayLeave: () => mayLeave(assertHeld),
    })
    .catch((error: unknown): ChangeOutcome => {
      services.logger.warn(
        { err: error, endpointId: login.endpoint.id, attemptId: inHand.attempt.id, sent: sent.value },
        'the password change ended in an error',
      );
      return { kind: 'unknown', detail: 'the driver failed', submitted: sent.value };
    })
    .then(async (ended) => {
      // Which of what was typed a portal has refused, a change does not say.
      await codes?.heed(ended.kind === 'applied' ? 'accepted' : 'refused');
      await change.after(ended);
      return ended;
    })
    .finally(() => codes?.end());
  // The journal said so already, and then the lease was too short: this process knows that nothing left its browser.
  if (!sent.value && inHand.attempt.state === 'submitting')
    return { kind: 'change_not_sent', detail: 'the lease was not long enough for the change any more; nothing was sent' };
  if (!sent.value) return notSent(inHand, { outcome, confirm, refusal: confirm.refusal() ?? change.refusal(), sentBefore });
  if (!outcome.submitted) return neverLeft(outcome, sentBefore);
  return changeEvent(inHand, outcome, sentBefore);
}

/** What the ledger is told of the current password. */
export function currentOf({ services, login, attempt }: AttemptInHand, current: StoredSecret): CurrentPassword {
  const { db, logger, keys } = services;
  const of = { payload: parsePayload(current.text), version: current.version, rotationAttemptId: attempt.id };
  return { db, logger, keys, endpoint: login.endpoint, leaseId: login.held.lease.id, ...of };
}

/** The lease is extended first: it must outlive the submit deadline, or another rotator could take over while the POST is under way. */
async function writeSubmitting(inHand: AttemptInHand): Promise<void> {
  const { services, login, attempt } = inHand;
  const { held } = login;
  await held.extend();
  const { submitDeadlineMs } = services.timing;
  const moved = await journal(services, 'submitting', () =>
    advanceAttempt(services.db, {
      attemptId: attempt.id,
      orgId: attempt.orgId,
      fence: held.lease.fence,
      from: 'staged',
      to: 'submitting',
      set: { submitDeadlineMs, refusedRule: null },
    }),
  );
  if (!moved)
    throw new RcmError('state_conflict', 'Another rotator has taken over this attempt; nothing was submitted.', { details: { attemptId: attempt.id } });
  [inHand.mayAsk, inHand.isUnsent] = [false, false];
  inHand.attempt = { ...attempt, state: 'submitting', refusedRule: null };
  // Between that commit and the POST this process may have been stopped for longer than the lease lived on.
  held.assertHeld(submitDeadlineMs);
}

/** Whatever the portal says but `applied`, only a login tells whether it made the change: it may lie, and it may be late. */
function changeEvent(inHand: AttemptInHand, outcome: ChangeOutcome, sentBefore: boolean): AttemptEvent {
  const answer = outcome.kind === 'refused' ? `refused: ${outcome.rule}` : outcome.kind === 'unknown' ? `its end is not known: ${outcome.detail}` : 'applied';
  switch (changeEvidence(outcome, sentBefore)) {
    case 'applied':
      return { kind: 'change_confirmed' };
    case 'unchanged': {
      const rule = outcome.kind === 'refused' ? { refusedRule: outcome.rule } : {};
      return { ...afterSubmitDeadline(inHand, `the portal refused the new password (${answer}); a login tells whether it kept the current one`), ...rule };
    }
    case 'nothing':
      return afterSubmitDeadline(inHand, `the change was sent, and only a login can tell what became of it (${answer})`);
  }
}

/** Nobody logs in before the portal has had its time: the submit deadline, and then its propagation delay. */
export const afterSubmitDeadline = ({ login }: AttemptInHand, detail: string): Extract<AttemptEvent, { kind: 'hold' }> => ({
  kind: 'hold',
  detail,
  afterSubmitMs: login.endpoint.portalType.propagationDelayMs,
});
