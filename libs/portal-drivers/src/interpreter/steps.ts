import { RcmError } from '@rcm/telemetry';
import type { Locator } from 'playwright-core';
import type { Condition } from '../recipe/condition.ts';
import { type Step, stepKind } from '../recipe/step.ts';
import type { Target } from '../recipe/target.ts';
import type { StepTrace } from '../trace.ts';
import type { Act } from './act.ts';
import { holds, isShown } from './conditions.ts';
import { translateBrowserError } from './failure.ts';
import { describeTarget, locate } from './locate.ts';
import { typeValue } from './typing.ts';
import type { Worded } from './outcome-watch.ts';

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
  const tell = (outcome: StepTrace['outcome']) => act.onStep({ act: act.name, step: name, ms: Math.round(performance.now() - start), outcome });
  try {
    act.time.check(name);
    const ended = await run();
    tell(typeof ended === 'object' ? 'ended' : ended);
    return ended;
  } catch (error) {
    tell('failed');
    throw translateBrowserError(error, name);
  }
}

async function runStep<W extends Worded>(act: Act<W>, step: Step, next: readonly Step[]): Promise<Ended<W>> {
  const ms = act.time.stepMs(step.deadline_ms ?? act.stepDeadlineMs);
  if (step.open !== undefined) return openPage(act, step.open, ms);
  if (step.wait) return waitFor(act, step, ms, step.wait);
  if (step.optional) return runOptional(act, step, ms, next);
  const target = stepTarget(step);
  if (!target) return 'done';
  const locator = locate(act.watch.page, target);
  const outcome = await act.time.until(
    stepName(step),
    ms,
    async () => (await act.outcomes.look()) ?? ((await isShown(locator).catch(() => false)) ? 'there' : null),
  );
  if (outcome !== 'there') return { outcome };
  await doOn(act, step, locator);
  return 'done';
}

async function openPage<W extends Worded>(act: Act<W>, path: string, ms: number): Promise<Ended<W>> {
  const { page } = act.watch;
  const limits = { waitUntil: 'domcontentloaded', timeout: ms, signal: act.time.signal } as const;
  const address = act.address(path);
  act.watch.forget();
  try {
    // An address that differs only after its # would load nothing: what it shows could be older than the session's end.
    if (address.includes('#') && withoutFragment(address) === withoutFragment(page.url())) await page.goto('about:blank', limits);
    await page.goto(address, limits);
  } catch (error) {
    const failure = translateBrowserError(error, `open ${path}`);
    // A page that sends the browser on by itself while it loads: the steps that follow see where that leads.
    if (/ERR_ABORTED/.test(failure.message)) return 'done';
    if (failure.code === 'deadline_exceeded') throw new RcmError('portal_unavailable', `open ${path}: the portal did not answer within ${Math.round(ms)} ms.`);
    throw failure;
  }
  return 'done';
}

const withoutFragment = (address: string): string => address.split('#')[0] ?? '';

async function waitFor<W extends Worded>(act: Act<W>, step: Step, ms: number, condition: Condition): Promise<Ended<W>> {
  const found = await act.time.until(stepName(step), ms, async () => ((await holds(act.watch, condition)) ? 'holds' : await act.outcomes.look()));
  return found === 'holds' ? 'done' : { outcome: found };
}

async function runOptional<W extends Worded>(act: Act<W>, step: Step, ms: number, next: readonly Step[]): Promise<Ended<W>> {
  const { when, steps } = step.optional ?? { when: {}, steps: [] };
  const after = anchor(next);
  const found = await act.time.until(stepName(step), ms, async () => {
    if (await holds(act.watch, when)) return 'needed';
    const outcome = await act.outcomes.look();
    if (outcome) return outcome;
    return after === 'none' || (after && (await holds(act.watch, after))) ? 'not needed' : null;
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

async function doOn<W extends Worded>(act: Act<W>, step: Step, locator: Locator): Promise<void> {
  const limits = { timeout: act.time.stepMs(step.deadline_ms ?? act.stepDeadlineMs), signal: act.time.signal };
  if (step.fill) return typeValue(act, locator, step.fill.with, limits);
  if (step.totp) {
    const code = await act.oneTimeCode();
    act.seal(code);
    await locator.fill(code.reveal(), limits);
    return;
  }
  if (step.choose) return void (await locator.selectOption(chosen(act, step), limits));
  if (step.check) return locator.check(limits);
  // Whether it can be pressed at all is found out before anything is told to the ledger.
  await locator.click({ ...limits, trial: true });
  act.watch.forget();
  act.watch.expectDialog(step.dialog ?? null);
  await act.outcomes.mark();
  if (step.submit) await act.beforeSubmit();
  act.time.check(stepName(step));
  await (step.key ? locator.press(step.key.press, limits) : locator.click(limits));
  if (step.submit) act.submitted();
}

function chosen<W extends Worded>(act: Act<W>, step: Step): string {
  const value = act.resolve(step.choose?.option ?? { text: '' });
  if ('plain' in value) return value.plain;
  if (value.sealing) act.seal(value.secret);
  return value.secret.reveal();
}

function stepTarget(step: Step): Target | undefined {
  return step.fill?.into ?? step.totp?.into ?? step.choose?.in ?? step.check ?? step.press ?? step.key?.on;
}

/** Name of a step in traces and messages: only words of the recipe. */
export function stepName(step: Step): string {
  if (step.name) return step.name;
  const target = stepTarget(step);
  return target ? `${stepKind(step)} ${describeTarget(target)}` : step.open !== undefined ? `open ${step.open}` : stepKind(step);
}
