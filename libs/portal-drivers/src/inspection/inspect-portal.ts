import { isRcmError, withDeadline } from '@rcm/telemetry';
import { createActTime } from '../interpreter/act-time.ts';
import type { Act } from '../interpreter/act.ts';
import { holds, isShown } from '../interpreter/conditions.ts';
import { locate } from '../interpreter/locate.ts';
import { createOutcomeWatch, type Worded } from '../interpreter/outcome-watch.ts';
import type { SessionParts } from '../interpreter/parts.ts';
import { quietAct } from '../interpreter/quiet-act.ts';
import { stepName, stepTarget } from '../interpreter/step-words.ts';
import { runSteps } from '../interpreter/steps.ts';
import { openRecipePage, type RecipeDriverOptions } from '../recipe-driver.ts';
import type { Step } from '../recipe/step.ts';

/** What was found of one thing that a recipe expects on a portal's pages. */
export interface PageFinding {
  readonly part: 'login' | 'session';
  /** The step, or the outcome, in the recipe's words. */
  readonly what: string;
  /**
   * `there`: as the recipe expects. `absent`: an optional step that is not needed now. `unseen`: only a login would show it.
   * `missing`: it should be there. `unexpected`: it is there and should not be.
   */
  readonly state: 'there' | 'absent' | 'unseen' | 'missing' | 'unexpected';
  /** Why, where it is not as expected. Holds no words of the page. */
  readonly detail: string | null;
}

/** Milliseconds for an element to show once its page has been drawn for the first one. */
const NEXT_ELEMENT_MS = 1_500;

/**
 * Looks at a portal's pages as far as they show without a login: nothing is typed and nothing submitted, so it costs no
 * attempt. Fails as `openSession` does; a portal that does not answer is a finding.
 */
export async function inspectPortal(
  options: RecipeDriverOptions,
  where: { readonly baseUrl: string; readonly deadlineMs: number; readonly signal: AbortSignal },
): Promise<readonly PageFinding[]> {
  const { parts, release } = await openRecipePage(options, where);
  const findings: PageFinding[] = [];
  try {
    await withDeadline({ ms: where.deadlineMs, what: 'The look at the pages', signal: where.signal }, async (signal) => {
      const act = lookingAct(parts, where.deadlineMs, signal);
      await lookAtLogin(act, parts, findings);
      await lookAtSession(act, parts, findings);
    });
  } catch (error) {
    findings.push({ part: 'login', what: 'the pages', state: 'missing', detail: isRcmError(error) ? error.message : 'the browser could not look at them' });
  } finally {
    await release();
  }
  return findings;
}

function lookingAct(parts: SessionParts, deadlineMs: number, signal: AbortSignal): Act<Worded> {
  const time = createActTime({ deadlineMs, signal, watch: parts.watch });
  return quietAct(parts, { name: 'check', time, outcomes: createOutcomeWatch<Worded>(parts.watch, []), plain: (value) => value.text ?? '' });
}

async function lookAtLogin(act: Act<Worded>, parts: SessionParts, findings: PageFinding[]): Promise<void> {
  const { steps, outcomes } = parts.recipe.login;
  let typed = false;
  let seen = true;
  for (const step of steps) {
    // What a press after the first field leads to, only somebody who typed can see.
    const presses = [step, ...(step.optional?.steps ?? [])].some((one) => one.press ?? one.key);
    if (typed && presses && !step.submit) seen = false;
    findings.push(seen ? await lookAtStep(act, step) : { part: 'login', what: stepName(step), state: 'unseen', detail: null });
    typed ||= step.fill !== undefined;
    if (step.submit) seen = false;
  }
  for (const entry of outcomes) {
    if (await holds(parts.watch, entry.when))
      findings.push({ part: 'login', what: `outcome ${entry.is}`, state: 'unexpected', detail: 'its words are on the page before anything was sent' });
  }
}

async function lookAtStep(act: Act<Worded>, step: Step): Promise<PageFinding> {
  const finding = (state: PageFinding['state'], detail: string | null = null): PageFinding => ({ part: 'login', what: stepName(step), state, detail });
  try {
    if (step.optional) return finding(await lookAtOptional(act, step.optional));
    if (step.open !== undefined || step.wait) {
      await runSteps(act, [step]);
      const status = act.watch.status();
      return status !== null && status >= 400 ? finding('unexpected', `the portal answered with status ${status}`) : finding('there');
    }
    const target = stepTarget(step);
    if (!target) return finding('unseen');
    const locator = locate(act.watch.page, target);
    await act.time.until(stepName(step), act.time.stepMs(NEXT_ELEMENT_MS), async () => ((await isShown(locator).catch(() => false)) ? true : null));
    const count = await locator.count();
    return count > 1 && target.declared !== 'new-password' ? finding('unexpected', `${count} elements fit`) : finding('there');
  } catch (error) {
    return finding('missing', isRcmError(error) ? error.message : 'the browser could not look');
  }
}

/** Does what an optional step says, as long as it types nothing: what it puts away may lie over the rest. */
async function lookAtOptional(act: Act<Worded>, optional: NonNullable<Step['optional']>): Promise<'there' | 'absent'> {
  if (!(await holds(act.watch, optional.when))) return 'absent';
  const types = optional.steps.some((step) => step.fill ?? step.totp ?? step.choose);
  if (!types) await runSteps(act, optional.steps);
  return 'there';
}

async function lookAtSession(act: Act<Worded>, parts: SessionParts, findings: PageFinding[]): Promise<void> {
  const { open, logged_in, logged_out } = parts.recipe.session;
  const add = (what: string, state: PageFinding['state'], detail: string | null) => findings.push({ part: 'session', what, state, detail });
  try {
    await runSteps(act, [{ open }]);
    await act.time.until('The mark of being logged out', act.time.stepMs(act.stepDeadlineMs), async () =>
      (await holds(parts.watch, logged_out)) ? true : null,
    );
    add('logged_out', 'there', null);
  } catch (error) {
    add('logged_out', 'missing', isRcmError(error) ? error.message : 'the browser could not look');
  }
  if (await holds(parts.watch, logged_in)) add('logged_in', 'unexpected', 'it shows although nobody is logged in');
}
