import { advanceAttempt, blockAttempt, finishAttempt, promoteAttempt, type RotationAttempt, type Step, type Wait, waitAttempt } from '@rcm/db';
import { type ErrorCode, isRcmError, RcmError } from '@rcm/telemetry';
import { cleanUp } from '../acts/clean-up.ts';
import { probePortal } from '../acts/probe-portal.ts';
import { promoteStaged } from '../acts/promote-staged.ts';
import { stagePayload } from '../acts/stage-payload.ts';
import { afterSubmitDeadline, submitChange } from '../acts/submit-change.ts';
import { verifyStaged } from '../acts/verify-staged.ts';
import type { AttemptInHand } from './attempt.ts';
import { journal } from './journal.ts';
import { type ActiveState, type AttemptEvent, type EventKind, isActive, nextState } from './transitions.ts';

/** What each state does next. Every act may be repeated and ends the same. */
const ACTS: Readonly<Record<ActiveState, (inHand: AttemptInHand) => Promise<AttemptEvent>>> = {
  planned: stagePayload,
  staged: submitChange,
  submitting: async (inHand) => (inHand.mayProbe ? probePortal(inHand) : afterSubmitDeadline(inHand, 'waiting for the portal to have had its time')),
  applied: verifyStaged,
  verified: promoteStaged,
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
    if (!isActive(state)) return inHand.attempt;
    if (inHand.held.signal.aborted)
      throw new RcmError('cancelled', 'The rotation was interrupted; it goes on from the journal.', { details: { attemptId: inHand.attempt.id, state } });
    const event = await act(inHand, state);
    await record(inHand, event);
  }
}

/** Errors that end this process's hold on the attempt: what comes next is recovery's, here or elsewhere. */
const NOT_MINE_ANY_MORE: ReadonlySet<ErrorCode> = new Set(['database_unavailable', 'audit_unavailable', 'lease_lost', 'cancelled', 'state_conflict']);
/** What trying again soon cannot mend (a denied store, a broken recipe) is tried again less often. */
const SLOW_RETRY = 10;

async function act(inHand: AttemptInHand, state: ActiveState): Promise<AttemptEvent> {
  const { services, held } = inHand;
  try {
    return await ACTS[state](inHand);
  } catch (error) {
    if (held.signal.aborted || !isRcmError(error) || NOT_MINE_ANY_MORE.has(error.code)) throw error;
    services.logger[error.retryable ? 'warn' : 'error']({ err: error, attemptId: inHand.attempt.id, state }, 'an act failed; the attempt waits and goes on');
    // The act of `staged` may have let the POST out before it failed: then the wait is the submit deadline's.
    if (inHand.attempt.state === 'submitting' && state === 'staged') return afterSubmitDeadline(inHand, 'the change was sent and then failed');
    return { kind: 'hold', detail: `failed with ${error.code}`, forMs: services.timing.retryMs * (error.retryable ? 1 : SLOW_RETRY) };
  }
}

async function record(inHand: AttemptInHand, event: AttemptEvent): Promise<void> {
  const { services, attempt, held } = inHand;
  const from = attempt.state;
  if (!isActive(from)) throw new RcmError('state_conflict', `An attempt in state ${from} cannot go on.`);
  const mine = { attemptId: attempt.id, orgId: attempt.orgId, fence: held.lease.fence, from };
  if (event.kind === 'hold') {
    if (event.counts) await count(inHand, mine, event.counts, event.detail);
    const until = waitOf(event, services.timing.retryMs);
    // Once something was submitted, what comes of it is also what the portal type's others wait to see.
    const outcome = event.ownMatter && from === 'staged' ? ({ outcome: 'unproven' } as const) : {};
    await write(inHand, 'waiting', () => waitAttempt(services.db, { ...mine, ...until, ...outcome, detail: event.detail }), event.detail);
    return;
  }
  const to = nextState(from, event.kind);
  if (to === null)
    throw new RcmError('state_conflict', `The rotation machine has no step for ${event.kind} in ${from}; the attempt is left as it is.`, {
      details: { attemptId: attempt.id },
    });
  const probes = attempt.probes + (RESUBMITS.has(event.kind) ? 1 : 0);
  // It must outlive what may still be under way, see `submitting` in libs/db.
  if (to === 'submitting') await held.extend();
  await write(inHand, to, () => persist(inHand, event, to, { ...mine, probes }), event.detail);
  inHand.attempt = {
    ...inHand.attempt,
    probes,
    ...(to === 'staged' ? { guesses: 0 } : {}),
    ...(event.kind === 'current_edited' ? { previousVersion: required(event.version) } : {}),
  };
  // Whatever made it open again what the portal accepts: the portal gets its time before the next login.
  if (to === 'submitting') inHand.mayProbe = false;
  if (event.kind === 'current_edited') inHand.stagedProven = false;
}

function waitOf({ until, afterSubmitMs, forMs }: Extract<AttemptEvent, { kind: 'hold' }>, retryMs: number): Wait {
  if (until) return { until };
  return afterSubmitMs === undefined ? { untilMs: forMs ?? retryMs } : { afterSubmitMs };
}

async function count(inHand: AttemptInHand, mine: Step, what: 'submit' | 'guess', detail: string): Promise<void> {
  const { probes, guesses, state } = inHand.attempt;
  const tried = what === 'submit' ? { probes: probes + 1 } : { guesses: guesses + 1 };
  await write(inHand, state, () => advanceAttempt(inHand.services.db, { ...mine, to: state, set: tried }), detail);
  inHand.attempt = { ...inHand.attempt, ...tried };
}

/** Tries that count: each ends with the same password being submitted again. */
const RESUBMITS: ReadonlySet<EventKind> = new Set(['current_accepted', 'change_not_sent']);

/** Ends that say nothing about the portal, so the day's first rotation is still to come. */
const OWN_MATTERS: ReadonlySet<string> = new Set(['base_moved', 'current_refused', 'recipe_changed']);

function persist(
  inHand: AttemptInHand,
  event: Exclude<AttemptEvent, { kind: 'hold' }>,
  to: RotationAttempt['state'],
  step: { attemptId: string; orgId: string; fence: bigint; from: ActiveState; probes: number },
): Promise<boolean> {
  const { services, attempt } = inHand;
  const { probes, ...mine } = step;
  const detail = event.detail === undefined ? {} : { detail: event.detail };
  switch (to) {
    case 'promoted':
      return promoteAttempt(services.db, {
        attemptId: mine.attemptId,
        orgId: mine.orgId,
        fence: mine.fence,
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
        nextRotationAt: new Date(services.clock.now().getTime() + services.timing.abandonedPauseMs),
        outcome: OWN_MATTERS.has(event.kind) ? 'unproven' : 'failed',
        ...(event.olderAttemptId === undefined ? {} : { madeCurrent: { attemptId: event.olderAttemptId, version: required(event.version) } }),
      });
    case 'blocked':
      return blockAttempt(services.db, { ...mine, detail: event.detail ?? event.kind });
    case 'submitting':
      return advanceAttempt(services.db, {
        ...mine,
        to,
        set: { ...detail, probes, submitDeadlineMs: services.timing.submitDeadlineMs, ...(step.from === 'staged' ? { guesses: 0 } : {}) },
      });
    case 'applied':
      return advanceAttempt(services.db, {
        ...mine,
        to,
        set: { ...detail, probes, ...(event.kind === 'current_edited' ? { previousVersion: required(event.version) } : {}) },
      });
    case 'staged':
      // What was guessed after a submit is over: the copies of older attempts are tried from the newest again.
      return advanceAttempt(services.db, { ...mine, to, set: { ...detail, probes, guesses: 0 } });
    default:
      return advanceAttempt(services.db, { ...mine, to, set: { ...detail, probes } });
  }
}

async function write(inHand: AttemptInHand, to: RotationAttempt['state'], act: () => Promise<boolean>, detail: string | undefined): Promise<void> {
  const { attempt, services, endpoint } = inHand;
  if (!(await journal(services, to, act))) {
    throw new RcmError('state_conflict', 'The journal no longer belongs to this process; another rotator goes on with the attempt.', {
      details: { attemptId: attempt.id, state: attempt.state },
    });
  }
  services.logger.info(
    { attemptId: attempt.id, endpointId: endpoint.id, from: attempt.state, to, ...(detail === undefined ? {} : { detail }) },
    'rotation moved',
  );
  inHand.attempt = { ...inHand.attempt, state: to, ...(detail === undefined ? {} : { detail }) };
}

function required(version: string | undefined): string {
  if (version === undefined) throw new RcmError('state_conflict', 'The store named no version for what was promoted.');
  return version;
}
