import {
  advanceAttempt,
  blockAttempt,
  finishAttempt,
  isOpenState,
  nextState,
  type OpenState,
  promoteAttempt,
  type RotationAttempt,
  type Wait,
  waitAttempt,
} from '@rcm/db/rotation';
import { type ErrorCode, isRcmError, RcmError } from '@rcm/telemetry';
import { askWhatHolds } from '../acts/ask-portal.ts';
import { cleanUp } from '../acts/clean-up.ts';
import { promoteFound } from '../acts/promote-found.ts';
import { stagePayload } from '../acts/stage-payload.ts';
import { afterSubmitDeadline, submitChange } from '../acts/submit-change.ts';
import { verifyFound } from '../acts/verify-found.ts';
import type { AttemptInHand, RotatorServices } from './attempt.ts';
import { type AttemptEvent, holding } from './event.ts';
import { journal } from './journal.ts';

/** What each state does next. Every act may be repeated and ends the same. */
const ACTS: Readonly<Record<OpenState, (inHand: AttemptInHand) => Promise<AttemptEvent>>> = {
  planned: stagePayload,
  staged: submitChange,
  submitting: askWhatHolds,
  applied: verifyFound,
  verified: promoteFound,
  promoted: cleanUp,
};

/**
 * Drives an attempt until it ends, waits or is blocked, and returns its row. Stops between two acts when the signal aborts; what
 * is in the journal then is what recovery goes on from. Fails with `state_conflict` where somebody else took the attempt over.
 */
export async function runAttempt(inHand: AttemptInHand): Promise<RotationAttempt> {
  for (;;) {
    const { state } = inHand.attempt;
    // A state that this version does not know is left alone: a newer rotator may know it.
    if (!isOpenState(state)) return inHand.attempt;
    if (inHand.login.held.signal.aborted)
      throw new RcmError('cancelled', 'The rotation was interrupted; it goes on from the journal.', { details: { attemptId: inHand.attempt.id, state } });
    await record(inHand, await act(inHand, state));
  }
}

/** Errors that end this process's hold on the attempt: what comes next is recovery's, here or elsewhere. */
const NOT_MINE_ANY_MORE: ReadonlySet<ErrorCode> = new Set(['database_unavailable', 'audit_unavailable', 'lease_lost', 'cancelled', 'state_conflict']);
/** What trying again soon cannot mend (a denied store, a broken recipe) is tried again less often. */
const SLOW_RETRY = 10;

async function act(inHand: AttemptInHand, state: OpenState): Promise<AttemptEvent> {
  const { services, login } = inHand;
  try {
    return await ACTS[state](inHand);
  } catch (error) {
    if (login.held.signal.aborted || !isRcmError(error) || NOT_MINE_ANY_MORE.has(error.code)) throw error;
    services.logger[error.retryable ? 'warn' : 'error']({ err: error, attemptId: inHand.attempt.id, state }, 'an act failed; the attempt waits and goes on');
    // The act of `staged` may have let the POST out before it failed: then the wait is the submit deadline's.
    if (inHand.attempt.state === 'submitting' && state === 'staged') return afterSubmitDeadline(inHand, 'the change was sent and then failed');
    return holding({ detail: `failed with ${error.code}`, forMs: services.timing.retryMs * (error.retryable ? 1 : SLOW_RETRY) });
  }
}

async function record(inHand: AttemptInHand, event: AttemptEvent): Promise<void> {
  const { attempt } = inHand;
  if (!isOpenState(attempt.state)) throw new RcmError('state_conflict', `An attempt in state ${attempt.state} cannot go on.`);
  if (event.kind === 'hold') return hold(inHand, attempt.state, event);
  const to = nextState(attempt.state, event.kind);
  if (to === null)
    throw new RcmError('state_conflict', `The rotation machine has no step for ${event.kind} in ${attempt.state}; the attempt is left as it is.`, {
      details: { attemptId: attempt.id },
    });
  const failedSubmits = attempt.failedSubmits + (RESUBMITS.has(event.kind) ? 1 : 0);
  // It must outlive what may still be under way, see `submitting` in libs/db.
  if (event.kind === 'maybe_submitted') await inHand.login.held.extend();
  await write(inHand, to, () => persist(inHand, event, { from: attempt.state as OpenState, to, failedSubmits }), event.detail);
  inHand.attempt = {
    ...inHand.attempt,
    failedSubmits,
    ...(event.found === undefined ? {} : { found: event.found }),
    ...(event.kind === 'current_edited' ? { previousVersion: required(event.version) } : {}),
  };
  inHand.heldMs = 0;
  // Whatever made it open again what the portal accepts: the portal gets its time before the next login.
  if (to === 'submitting') inHand.mayAsk = false;
  if (event.kind === 'current_edited') [inHand.proven, inHand.editMet] = [null, true];
}

/** Tries that count: each ends with the same password being submitted again. */
const RESUBMITS: ReadonlySet<string> = new Set(['current_accepted', 'change_not_sent']);

async function hold(inHand: AttemptInHand, from: OpenState, event: Extract<AttemptEvent, { kind: 'hold' }>): Promise<void> {
  const { services, attempt, login } = inHand;
  const mine = { attemptId: attempt.id, orgId: attempt.orgId, fence: login.held.lease.fence, from };
  const notes = {
    ...(event.countsAsSubmit ? { failedSubmits: attempt.failedSubmits + 1 } : {}),
    ...(event.refusedRule === undefined ? {} : { refusedRule: event.refusedRule }),
  };
  if (Object.keys(notes).length > 0) {
    await write(inHand, from, () => advanceAttempt(services.db, { ...mine, to: from, set: notes }), event.detail);
    inHand.attempt = { ...inHand.attempt, ...notes };
  }
  // The day's first rotation that waits for matters of its own login, or that waits again, holds up no other.
  const isOwn = event.ownMatter === true || inHand.hasWaited;
  const outcome = isOwn ? ({ outcome: 'unproven' } as const) : {};
  await write(
    inHand,
    'waiting',
    () => waitAttempt(services.db, { ...mine, ...waitOf(event, services.timing.retryMs), ...outcome, detail: event.detail }),
    event.detail,
  );
}

function waitOf({ until, afterSubmitMs, forMs, growsToMs }: Extract<AttemptEvent, { kind: 'hold' }>, retryMs: number): Wait {
  if (until) return { until };
  return afterSubmitMs === undefined ? { untilMs: forMs ?? retryMs, growsToMs } : { afterSubmitMs };
}

/** Ends that say nothing about the portal, so the day's first rotation is still to come. */
const OWN_MATTERS: ReadonlySet<string> = new Set(['base_moved', 'current_refused', 'recipe_changed', 'put_right', 'account_left']);

/** Ends that come without the portal having been asked what it accepts. */
const UNASKED: ReadonlySet<string> = new Set(['base_moved', 'recipe_changed', 'gave_up']);

interface Move {
  readonly from: OpenState;
  readonly to: RotationAttempt['state'];
  readonly failedSubmits: number;
}

/** An event with which an attempt leaves its state. */
type Step = Exclude<AttemptEvent, { kind: 'hold' }>;

function persist(inHand: AttemptInHand, event: Step, { from, to, failedSubmits }: Move): Promise<boolean> {
  const { services, attempt, login } = inHand;
  const mine = { attemptId: attempt.id, orgId: attempt.orgId, fence: login.held.lease.fence, from };
  const detail = event.detail === undefined ? {} : { detail: event.detail };
  switch (to) {
    case 'promoted':
      return promoteAttempt(services.db, {
        ...mine,
        promotedVersion: required(event.version),
        previousVersion: attempt.previousVersion ?? attempt.baseVersion,
      });
    case 'done':
      return finishAttempt(services.db, { ...mine, end: 'done' });
    case 'abandoned':
      return finishAttempt(services.db, {
        ...mine,
        end: 'abandoned',
        ...detail,
        dueAgainMs: event.dueSoon ? services.timing.retryMs * SLOW_RETRY : services.timing.abandonedPauseMs,
        outcome: OWN_MATTERS.has(event.kind) ? 'unproven' : 'failed',
        wantsSearch: UNASKED.has(event.kind),
      });
    case 'blocked':
      return blockAttempt(services.db, { ...mine, detail: event.detail ?? event.kind });
    default:
      return advanceAttempt(services.db, { ...mine, to, set: { ...detail, ...notesOf(event, services.timing), failedSubmits } });
  }
}

/** What an attempt that goes on knows since this event. */
const notesOf = (event: Step, { submitDeadlineMs }: RotatorServices['timing']) => ({
  ...(event.kind === 'maybe_submitted' ? { submitDeadlineMs } : {}),
  ...(event.found === undefined ? {} : { found: event.found }),
  ...(event.kind === 'current_edited' ? { previousVersion: required(event.version) } : {}),
});

async function write(inHand: AttemptInHand, to: RotationAttempt['state'], act: () => Promise<boolean>, detail: string | undefined): Promise<void> {
  const { attempt, services, login } = inHand;
  if (!(await journal(services, to, act))) {
    throw new RcmError('state_conflict', 'The journal no longer belongs to this process; another rotator goes on with the attempt.', {
      details: { attemptId: attempt.id, state: attempt.state },
    });
  }
  services.logger.info(
    { attemptId: attempt.id, endpointId: login.endpoint.id, from: attempt.state, to, ...(detail === undefined ? {} : { detail }) },
    'rotation moved',
  );
  inHand.attempt = { ...inHand.attempt, state: to, ...(detail === undefined ? {} : { detail }) };
}

function required(version: string | undefined): string {
  if (version === undefined) throw new RcmError('state_conflict', 'The store named no version for what was promoted.');
  return version;
}
