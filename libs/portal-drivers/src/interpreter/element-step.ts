import type { Locator } from 'playwright';
import { declaredFor, type Step } from '../recipe/step.ts';
import type { Act } from './act.ts';
import type { Worded } from './outcome-watch.ts';
import { untilPressable } from './pressable.ts';
import { stepName } from './step-words.ts';
import { checkNotReplaced, checkNotRewritten, checkRoom, fillWhole, leaveNames, typeValue, type TypingLimits } from './typing.ts';

/** Does what a step says to its element, which is visible. */
export async function doOn<W extends Worded>(act: Act<W>, step: Step, locator: Locator): Promise<void> {
  const limits = { timeout: act.time.stepMs(step.deadline_ms ?? act.stepDeadlineMs), signal: act.time.signal };
  act.begins();
  if (step.fill && step.submit === 'from_here') return typeFreely(act, step.fill, locator, limits);
  if (step.fill) return typeInto(act, step.fill, locator, limits);
  if (step.totp) return typeCode(act, step.totp, locator, limits);
  if (step.choose) return void (await locator.selectOption(chosen(act, step), limits));
  if (step.check) return locator.check(limits);
  if (step.hover) return locator.hover(limits);
  return pressOn(act, step, locator, limits);
}

/** Presses the element, or a key on it. */
async function pressOn<W extends Worded>(act: Act<W>, step: Step, locator: Locator, limits: TypingLimits): Promise<void> {
  // Whether it can be pressed at all is found out before anything is told to the ledger.
  if (step.submit === true) {
    await act.interruptions.clear(act.watch.page);
    await untilPressable(locator, limits);
    await checkNotReplaced(act, limits);
  }
  if (step.submit === true || act.isFree()) await checkNotRewritten(act, limits);
  await beforePress(act, step, limits);
  const press = () => (step.key ? locator.press(step.key.press, limits) : locator.click(limits));
  await (step.opens_tab ? pressForTab(act, press, limits.timeout) : press());
  if (step.submit) act.submitted();
}

/** From here on what the page shows and asks is an answer. The caller of a submit is told, and what it is told of is still so when it has come back. */
async function beforePress<W extends Worded>(act: Act<W>, step: Step, limits: TypingLimits): Promise<void> {
  act.watch.forget();
  act.watch.expectDialog(step.dialog ?? null);
  await (step.submit ? act.beforeSubmit() : act.outcomes.mark());
  if (!step.submit) leaveNames(act);
  act.time.check(stepName(step));
  if (step.submit !== true) return;
  await checkNotReplaced(act, limits);
  await checkNotRewritten(act, limits);
}

/** Types a value into its field; a new password into every field that the page declares for it. */
async function typeInto<W extends Worded>(act: Act<W>, fill: NonNullable<Step['fill']>, locator: Locator, limits: TypingLimits): Promise<void> {
  for (const field of await fieldsFor(fill, locator)) await typeValue(act, field, fill.with, limits);
}

async function fieldsFor(fill: NonNullable<Step['fill']>, locator: Locator): Promise<readonly Locator[]> {
  const every = (fill.into?.declared ?? (fill.into ? null : declaredFor(fill.with))) === 'new-password';
  return every ? locator.all() : [locator];
}

/**
 * Types where the page may ask its server what it thinks of it: the attempt is written down before the first letter. What can be known of the field
 * is known before that.
 */
async function typeFreely<W extends Worded>(act: Act<W>, fill: NonNullable<Step['fill']>, locator: Locator, limits: TypingLimits): Promise<void> {
  await act.interruptions.clear(act.watch.page);
  for (const field of await fieldsFor(fill, locator)) await checkRoom(act, field, fill.with, limits);
  act.watch.forget();
  await act.beforeSubmit();
  act.time.check('typing');
  act.submitted();
  await typeInto(act, fill, locator, limits);
}

/** Its limits count from when there is a code. */
async function typeCode<W extends Worded>(act: Act<W>, totp: NonNullable<Step['totp']>, locator: Locator, limits: TypingLimits): Promise<void> {
  const code = await act.oneTimeCode(totp.proves_password === true);
  act.seal(code);
  await fillWhole(locator, code.reveal(), limits);
}

/** Presses, and works in the tab that this opens from then on. */
async function pressForTab<W extends Worded>(act: Act<W>, press: () => Promise<void>, timeout: number): Promise<void> {
  const opening = act.watch.page.context().waitForEvent('page', { timeout });
  const [opened] = await Promise.all([opening, press()]);
  act.watch.enter(opened);
}

function chosen<W extends Worded>(act: Act<W>, step: Step): string {
  const value = act.resolve(step.choose?.option ?? { text: '' });
  if ('plain' in value) return value.plain;
  if (value.sealing) act.seal(value.secret);
  return value.secret.reveal();
}
