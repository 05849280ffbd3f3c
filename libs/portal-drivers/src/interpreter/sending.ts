import { isRcmError, RcmError, type Secret, withDeadline } from '@rcm/telemetry';
import type { SubmitOptions } from '../driver.ts';
import type { Step } from '../recipe/step.ts';
import { createSecretMask } from '../secret-mask.ts';
import type { StepTrace } from '../trace.ts';
import type { Act } from './act.ts';
import { translateBrowserError } from './failure.ts';
import { Leaving } from './leaving.ts';
import { createOutcomeWatch, type Worded } from './outcome-watch.ts';
import { type SessionDependencies, tellStep, timeOf } from './dependencies.ts';
import { runSteps } from './steps.ts';

export interface Sending<W extends Worded> extends SubmitOptions {
  readonly name: StepTrace['act'];
  readonly steps: readonly Step[];
  /** What may end the act before its submit. */
  readonly early: readonly W[];
  readonly outcomes: readonly W[];
  readonly resolve: Act<W>['resolve'];
  readonly oneTimeCode: Act<W>['oneTimeCode'];
  /** Default: nobody is told. */
  readonly room?: Act<W>['room'];
  readonly expiry: Act<W>['expiry'];
  readonly beforeSubmit: () => Promise<void>;
  /**
   * What counts as submitted: whatever left the browser, or also a press after which nothing did. A page that refuses by itself sends nothing, and to ask a portal
   * for what it never got costs a failure. Default: a press, too.
   */
  readonly counts?: 'what left';
  /**
   * Whether the session goes on after these words; `left`: whether anything has left the browser. Where it does not, its page sends nothing more: one that tries again
   * by itself would cost a second attempt. Default: it does.
   */
  readonly goesOn?: (words: W, left: boolean) => boolean;
}

export interface Sent<W> {
  /** The portal's words, or why there are none. */
  readonly ended: W | RcmError;
  /** Whether anything that the submit sends may have left the browser. */
  readonly submitted: boolean;
  /** Whether anything has: what a page shows after a press that sends nothing is no portal's answer. */
  readonly left: boolean;
  /** Whether a secret was typed. */
  readonly typed: boolean;
}

/**
 * An act that sends credentials: a login, a change. From the first secret typed until `beforeSubmit` has come back the request gate
 * is held, so what is not submitted has not left. Ends in a `Sent`; throws only what `beforeSubmit` threw.
 */
export async function runSending<W extends Worded>(dependencies: SessionDependencies, sending: Sending<W>): Promise<Sent<W>> {
  const { requestGate } = dependencies;
  const typed: Secret<string>[] = [];
  const leaving = new Leaving((request) => requestGate.mayCarry(request), typed);
  const outcomes = leaving.watched(createOutcomeWatch(dependencies.watch, sending.early));
  const refusals: unknown[] = [];
  let [asked, pressed]: [Promise<void> | null, boolean] = [null, false];
  const sendsFreely = sending.steps.some(({ submit }) => submit === 'from_here');
  const isSubmitted = (left: boolean): boolean => left || (pressed && (sendsFreely || sending.counts === undefined));

  const askCaller = async (signal: AbortSignal): Promise<void> => {
    if (signal.aborted) throw new RcmError('cancelled', 'The time was up before the submit.');
    asked = sending.beforeSubmit();
    try {
      await asked;
    } catch (error) {
      refusals.push(error);
      throw new RcmError('cancelled', 'The submit was not allowed.');
    }
    if (signal.aborted) throw new RcmError('cancelled', 'The time was up before the submit.');
    outcomes.expect(sending.outcomes);
    await outcomes.mark();
    requestGate.release(sendsFreely ? undefined : leaving, sending.mayLeave);
  };

  requestGate.reset();
  try {
    const ended = await withDeadline({ ms: sending.deadlineMs, what: sending.name, signal: sending.signal }, async (signal, outside) => {
      const time = timeOf(dependencies, { deadlineMs: sending.deadlineMs, signal, outside });
      const act: Act<W> = {
        name: sending.name,
        watch: dependencies.watch,
        interruptions: dependencies.interruptions,
        requestGate,
        time,
        outcomes,
        stepDeadlineMs: dependencies.recipe.step_deadline_ms,
        address: dependencies.places.address,
        resolve: sending.resolve,
        ...leaving.told,
        seal: (secret) => requestGate.hold(createSecretMask((typed.push(secret), typed))),
        beforeSubmit: () => askCaller(signal),
        submitted: () => (pressed = true),
        isFree: () => pressed && sendsFreely,
        // A code may be a minute or a person away, which is none of the portal's time; whoever gives it has a deadline for it.
        oneTimeCode: (provesPassword) => time.outside(() => sending.oneTimeCode(provesPassword)),
        room: (most) => sending.room?.(most),
        expiry: sending.expiry,
        onStep: (trace) => tellStep(dependencies, trace),
      };
      return (await runSteps(act, sending.steps)) ?? (await time.until(outcomes.awaited(), time.stepMs(dependencies.recipe.step_deadline_ms), outcomes.look));
    });
    // Shut first where the press alone does not count: nothing may leave behind that answer.
    const left = sending.counts ? requestGate.shut() : requestGate.sent();
    // What is still held was not submitted, and must not leave now that the answer says so.
    if (isSubmitted(left) && (sending.goesOn?.(ended, left) ?? true)) requestGate.reset();
    else requestGate.cut();
    return { ended, submitted: isSubmitted(left), left, typed: typed.length > 0 };
  } catch (error) {
    // A caller that is still writing down the attempt must be done before it hears how the attempt ended.
    await Promise.resolve(asked).catch(() => undefined);
    const left = requestGate.cut();
    if (refusals.length > 0) throw refusals[0];
    return { ended: isRcmError(error) ? error : translateBrowserError(error, sending.name), submitted: isSubmitted(left), left, typed: typed.length > 0 };
  }
}
