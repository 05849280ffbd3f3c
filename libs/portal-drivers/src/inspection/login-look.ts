import { isRcmError } from '@rcm/telemetry';
import type { Act } from '../interpreter/act.ts';
import { holds, isShown } from '../interpreter/conditions.ts';
import { locate } from '../interpreter/locate.ts';
import type { Worded } from '../interpreter/outcome-watch.ts';
import { stepName, stepTarget } from '../interpreter/step-words.ts';
import { runSteps } from '../interpreter/steps.ts';
import type { Condition } from '../recipe/condition.ts';
import type { Step } from '../recipe/step.ts';
import type { Target } from '../recipe/target.ts';
import type { PageFinding } from './page-finding.ts';

/** Milliseconds for an element to show once its page has been drawn for the first one. */
const NEXT_ELEMENT_MS = 1_500;

type Found = Pick<PageFinding, 'state' | 'detail'>;

const THERE: Found = { state: 'there', detail: null };

/** What somebody who types nothing gets to see of a login. */
interface View {
  /** The page has shown an element, or had the time to. */
  drawn: boolean;
  /** A field was left empty, so a press would not do what it does in a login. */
  leftEmpty: boolean;
  /** The step behind which nothing can be seen, because it was not done; `null` while there is none. */
  behind: string | null;
}

/**
 * Goes through a login as a passer-by: opens its pages, presses what leads to its fields, and looks whether these are there. Types
 * nothing, and from the first field that it leaves empty on presses nothing: what was pressed before had nothing to send.
 */
export async function lookAtLogin(act: Act<Worded>, steps: readonly Step[], findings: PageFinding[]): Promise<void> {
  const view: View = { drawn: false, leftEmpty: false, behind: null };
  for (const [index, step] of steps.entries()) {
    const found = view.behind === null ? await lookAtStep(act, step, steps.slice(index + 1), view) : unseenBehind(view.behind);
    findings.push({ part: 'login', what: stepName(step), ...found });
  }
}

const unseenBehind = (step: string): Found => ({ state: 'unseen', detail: `comes after ${step}, which was not done` });

async function lookAtStep(act: Act<Worded>, step: Step, following: readonly Step[], view: View): Promise<Found> {
  try {
    if (step.optional) return await lookAtOptional(act, step, following, view);
    if (step.wait && view.leftEmpty) return (await holds(act.watch, step.wait)) ? THERE : leave(step, view);
    if (step.open !== undefined || step.wait || step.close_tab) return await passThrough(act, step, view);
    const target = stepTarget(step);
    return target ? await lookAtElement(act, step, target, view) : { state: 'unseen', detail: 'only a login shows it' };
  } catch (error) {
    return { state: 'missing', detail: isRcmError(error) ? error.message : 'the browser could not look' };
  }
}

async function passThrough(act: Act<Worded>, step: Step, view: View): Promise<Found> {
  await go(act, step, { steps: [step] }, view);
  const status = act.watch.status();
  if (status === null || status < 400) return THERE;
  // What a page of errors does not show at once it does not show later.
  view.drawn = true;
  return { state: 'unexpected', detail: `the portal answered with status ${status}` };
}

async function lookAtElement(act: Act<Worded>, step: Step, target: Target, view: View): Promise<Found> {
  // With a field left empty it may not even be there yet.
  if (view.leftEmpty && (step.press ?? step.key) && !step.submit) return leave(step, view);
  if (step.fill ?? step.totp) view.leftEmpty = true;
  else view.behind = stepName(step);
  const found = await lookFor(act, step, target, view);
  if (found.state === 'there' && isHarmless(step)) await go(act, step, { steps: [step] }, view);
  return found;
}

/** Does an optional step that is needed and types nothing: what it puts away may lie over the rest. */
async function lookAtOptional(act: Act<Worded>, step: Step, following: readonly Step[], view: View): Promise<Found> {
  const { when, steps } = step.optional ?? { when: {}, steps: [] };
  if (!(await isNeeded(act, step, { when, following }, view))) return { state: 'absent', detail: null };
  if (view.leftEmpty || !isHarmless(step)) view.behind = stepName(step);
  else await go(act, step, { steps, following }, view);
  return THERE;
}

interface Asked {
  readonly when: Condition;
  readonly following: readonly Step[];
}

/** Whether `when` shows before what comes after the optional step does, as in a login. */
async function isNeeded(act: Act<Worded>, step: Step, { when, following }: Asked, view: View): Promise<boolean> {
  const next = following.find(({ optional }) => !optional);
  const target = next && stepTarget(next);
  const after = target ? { visible: target } : next?.wait;
  const decided = await act.time
    .until(stepName(step), patience(act, step, view), async () => {
      if (await holds(act.watch, when)) return 'needed';
      return !after || (await holds(act.watch, after)) ? 'passed' : null;
    })
    .catch(() => 'passed');
  view.drawn = true;
  return decided === 'needed';
}

async function lookFor(act: Act<Worded>, step: Step, target: Target, view: View): Promise<Found> {
  const ms = patience(act, step, view);
  view.drawn = true;
  const locator = locate(act.watch.page, target);
  await act.time.until(stepName(step), ms, async () => {
    if (await isShown(locator).catch(() => false)) return true;
    await act.interruptions.clear(act.watch.page);
    return null;
  });
  const count = await locator.count();
  return count > 1 && target.declared !== 'new-password' ? { state: 'unexpected', detail: `${count} elements fit` } : THERE;
}

/** Milliseconds: as many as a login has for what may have to be drawn first, fewer for what stands beside it. */
const patience = (act: Act<Worded>, step: Step, view: View): number => act.time.stepMs(step.deadline_ms ?? (view.drawn ? NEXT_ELEMENT_MS : act.stepDeadlineMs));

interface ToDo {
  readonly steps: readonly Step[];
  readonly following?: readonly Step[];
}

/** Does steps; if one fails, nothing can be seen behind them. */
async function go(act: Act<Worded>, step: Step, { steps, following = [] }: ToDo, view: View): Promise<void> {
  view.behind = stepName(step);
  await runSteps(act, steps, following);
  view.behind = null;
  view.drawn = false;
}

function leave(step: Step, view: View): Found {
  view.behind = stepName(step);
  return { state: 'unseen', detail: 'comes after a field that was left empty' };
}

/** Whether a step enters nothing and sends nothing, not even a key. */
function isHarmless(step: Step): boolean {
  const enters = step.fill ?? step.totp ?? step.key ?? step.choose?.option.credential;
  return enters === undefined && !step.submit && (step.optional?.steps ?? []).every(isHarmless);
}
