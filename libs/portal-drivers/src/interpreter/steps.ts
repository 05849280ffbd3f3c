import { RcmError } from '@rcm/telemetry';
import type { Locator } from 'playwright';
import type { Condition } from '../recipe/condition.ts';
import type { Step } from '../recipe/step.ts';
import type { ToldDate } from '../recipe/told-date.ts';
import type { StepTrace } from '../trace.ts';
import type { Act } from './act.ts';
import { holds, isShown } from './conditions.ts';
import { translateBrowserError } from './failure.ts';
import { readDate } from './told-date.ts';
import { doOn } from './element-step.ts';
import { load } from './load.ts';
import { locate } from './locate.ts';
import type { Worded } from './outcome-watch.ts';
import { stepName, stepTarget } from './step-words.ts';

/** How a step ended: an outcome showed while it waited, or it was done, or it was not needed. */
type Ended<W> = { readonly outcome: W } | 'done' | 'skipped';

/**
 * Does the steps one after the other. Whenever one waits for its element, the portal's words are watched too: the first
 * outcome that shows ends it all and is returned; `null` when every step was done. Fails with the errors of
 * `translateBrowserError`; an error of `beforeSubmit` passes unchanged.
 */
export async function runSteps<W extends Worded>(act: Act<W>, steps: readonly Step[], following: readonly Step[] = []): Promise<W | null> {
  for (const [index, step] of steps.entries()) {
    const ended = await traced(act, step, () => runStep(act, step, [...steps.slice(index + 1), ...following]));
    if (typeof ended === 'object') return ended.outcome;
  }
  return null;
}

async function traced<W extends Worded>(act: Act<W>, step: Step, run: () => Promise<Ended<W>>): Promise<Ended<W>> {
  const name = stepName(step);
  const start = performance.now();
  const tell = async (outcome: StepTrace['outcome']) => {
    for (const putAway of act.interruptions.told()) await act.onStep({ act: act.name, ...putAway });
    await act.onStep({ act: act.name, step: name, ms: Math.round(performance.now() - start), outcome });
  };
  try {
    act.time.check(name);
    const ended = await run();
    await tell(typeof ended === 'object' ? 'ended' : ended);
    return ended;
  } catch (error) {
    await tell('failed');
    throw translateBrowserError(error, name);
  }
}

async function runStep<W extends Worded>(act: Act<W>, step: Step, next: readonly Step[]): Promise<Ended<W>> {
  const ms = act.time.stepMs(step.deadline_ms ?? act.stepDeadlineMs);
  if (step.open !== undefined) return openPage(act, step.open, stepName(step), ms);
  if (step.wait) return waitFor(act, step, ms, step.wait);
  if (step.optional) return runOptional(act, step, ms, next);
  if (step.expiry) return noteExpiry(act, step.expiry);
  if (step.close_tab) return (act.watch.leave(), 'done');
  const target = stepTarget(step);
  if (!target) return 'done';
  const locator = locate(act.watch.page, target);
  const outcome = await act.time.until(stepName(step), ms, async () => {
    const [outcome, shown] = await Promise.all([act.outcomes.look(), isReady(act, step, locator).catch(() => false)]);
    return outcome ?? (shown ? 'there' : null);
  });
  if (outcome !== 'there') return { outcome };
  await doOn(act, step, locator);
  return 'done';
}

/** Where the page has asked its server what it thinks, a button waits for the answer; the portal's words may come instead. */
const isReady = async <W extends Worded>(act: Act<W>, step: Step, locator: Locator): Promise<boolean> =>
  (await isShown(locator)) && (!act.isFree() || step.press === undefined || (await locator.first().isEnabled({ timeout: 1_000 })));

async function openPage<W extends Worded>(act: Act<W>, path: string, what: string, ms: number): Promise<Ended<W>> {
  const { page } = act.watch;
  const limits = { waitUntil: 'domcontentloaded', timeout: ms, signal: act.time.signal } as const;
  const address = act.address(path);
  act.watch.forget();
  try {
    // An address that differs only after its # would load nothing: what it shows could be older than the session's end.
    if (address.includes('#') && withoutFragment(address) === withoutFragment(page.url())) await page.goto('about:blank', limits);
    await load(page, address, limits);
  } catch (error) {
    const failure = translateBrowserError(error, what);
    // A page that sends the browser on by itself while it loads: the steps that follow see where that leads.
    if (failure.message.includes('ERR_ABORTED')) return 'done';
    if (failure.code === 'deadline_exceeded') throw new RcmError('portal_unavailable', `${what}: the portal did not answer within ${Math.round(ms)} ms.`);
    throw failure;
  }
  return 'done';
}

const withoutFragment = (address: string): string => address.split('#')[0] ?? '';

async function waitFor<W extends Worded>(act: Act<W>, step: Step, ms: number, condition: Condition): Promise<Ended<W>> {
  const found = await act.time.until(stepName(step), ms, async () => {
    const [held, outcome] = await Promise.all([holds(act.watch, condition), act.outcomes.look()]);
    return held ? 'holds' : outcome;
  });
  return found === 'holds' ? 'done' : { outcome: found };
}

async function noteExpiry<W extends Worded>(act: Act<W>, expiry: ToldDate): Promise<Ended<W>> {
  const date = await readDate(act.watch.page, expiry);
  if (date) act.expiry(date);
  return 'done';
}

async function runOptional<W extends Worded>(act: Act<W>, step: Step, ms: number, next: readonly Step[]): Promise<Ended<W>> {
  const { when, steps } = step.optional ?? { when: {}, steps: [] };
  const after = anchor(next);
  const found = await act.time.until(stepName(step), ms, async () => {
    const [needed, outcome, passed] = await Promise.all([
      holds(act.watch, when),
      act.outcomes.look(),
      after === null || after === 'none' ? after === 'none' : holds(act.watch, after),
    ]);
    if (needed) return 'needed';
    return outcome ?? (passed ? 'not needed' : null);
  });
  if (found === 'not needed') return 'skipped';
  if (found !== 'needed') return { outcome: found };
  const outcome = await runSteps(act, steps, next);
  return outcome ? { outcome } : 'done';
}

/**
 * What shows that an optional step was not needed: the element or condition of the next step that is not optional itself.
 * `none` where that step opens a page (nothing to wait for), `null` where no step follows (an outcome must show).
 */
function anchor(next: readonly Step[]): Condition | 'none' | null {
  const conditions: Condition[] = [];
  for (const step of next) {
    if (step.open !== undefined) return conditions.length > 0 ? { any: conditions } : 'none';
    const target = stepTarget(step);
    const condition = target ? { visible: target } : (step.optional?.when ?? step.wait);
    if (condition) conditions.push(condition);
    if (!step.optional) return { any: conditions };
  }
  return conditions.length > 0 ? { any: conditions } : null;
}
