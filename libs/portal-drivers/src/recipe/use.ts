import type { z } from 'zod';
import { checkDevice, type DeviceRecipe } from './device.ts';
import { checkContract, type Fulfilling } from './contract-use.ts';
import type { Step } from './step.ts';
import { checkList } from './list-use.ts';
import { FILLED_PLACES, placeholdersIn } from './placeholder.ts';
import type { RecipeHosts } from './named-host.ts';
import { checkSubmit } from './submit-use.ts';
import type { Path, Report } from './report.ts';
import { nearestWord } from './suggestion.ts';
import type { Value } from './value.ts';

interface Changing {
  readonly steps: readonly Step[];
  readonly confirm?: { readonly steps: readonly Step[] } | undefined;
}

interface Checked {
  readonly hosts?: RecipeHosts | undefined;
  readonly device?: DeviceRecipe | undefined;
  readonly codes?: { readonly valid?: unknown } | undefined;
  readonly login: { readonly steps: readonly Step[] };
  readonly change?: Changing | undefined;
  readonly forced_change?: Changing | undefined;
  readonly logout?: { readonly steps: readonly Step[] } | undefined;
  readonly tasks: Readonly<Record<string, { readonly steps: readonly Step[]; readonly input: Allowed['inputs'] } & Fulfilling>>;
}

/** What a part of a recipe may use. */
interface Allowed {
  /** Credential names, `custom` standing for every custom field. */
  readonly credentials: readonly string[];
  readonly inputs: Readonly<Record<string, { readonly type: string; readonly optional?: boolean | undefined }>>;
  /** Where a one-time code may be typed. */
  readonly totp: 'anywhere' | 'before the submit' | 'nowhere';
  readonly expiry: boolean;
  /** Whether one of its steps may be marked as the submit. */
  readonly submit: boolean;
}

/** What types a password and sends it. */
const SUBMITTED: Allowed = { credentials: ['username', 'password', 'custom'], inputs: {}, totp: 'before the submit', expiry: false, submit: true };
/** What is done in a session that is logged in. */
const LOGGED_IN: Allowed = { credentials: [], inputs: {}, totp: 'nowhere', expiry: false, submit: false };

/**
 * Checks across steps: where a secret may be typed, that exactly one step is marked as the submit (the platform commits
 * what it must know right before that step), and that it comes after the secret it sends.
 */
export function checkUse(recipe: Checked, context: z.core.$RefinementCtx): void {
  const report: Report = (path, message, suggestion = null) => context.addIssue({ code: 'custom', path: [...path], message, params: { suggestion } });
  checkPart(recipe.login.steps, ['login', 'steps'], { ...SUBMITTED, totp: 'anywhere', expiry: true }, report);
  checkSubmit(recipe.login.steps, ['login', 'steps'], 'password', report);
  checkDevice(recipe, report);
  if (recipe.codes?.valid !== undefined && !typesCode(recipe.login.steps))
    report(['codes', 'valid'], 'says nothing here: no step of login types a code (totp)');
  for (const part of ['change', 'forced_change'] as const) {
    const changing = recipe[part];
    if (!changing) continue;
    const { steps, confirm } = changing;
    if (confirm) {
      checkPart(confirm.steps, [part, 'confirm', 'steps'], SUBMITTED, report);
      checkSubmit(confirm.steps, [part, 'confirm', 'steps'], 'password', report);
      if (typesCode(confirm.steps) && typesCode(steps))
        report([part, 'confirm', 'steps'], 'must not type a one-time code where steps does, too: a change gets one');
    }
    checkPart(steps, [part, 'steps'], { ...SUBMITTED, credentials: [...SUBMITTED.credentials, 'new_password'] }, report);
    checkSubmit(steps, [part, 'steps'], 'new_password', report);
  }
  if (recipe.logout) checkPart(recipe.logout.steps, ['logout', 'steps'], LOGGED_IN, report);
  for (const [name, task] of Object.entries(recipe.tasks)) {
    checkPart(task.steps, ['tasks', name, 'steps'], { ...LOGGED_IN, inputs: task.input }, report);
    checkPlaceholders(task, ['tasks', name], task.input, report);
    checkList(task, ['tasks', name], report);
    checkContract(name, task, report);
  }
}

/** A person may take minutes for a code, and what was submitted has to be known by then. */
const AFTER_THE_SUBMIT = 'is only possible before the submit of a change';
const IN_LOGIN_AND_CHANGE = 'is only possible in login and change';

function checkPart(steps: readonly Step[], path: Path, allowed: Allowed, report: Report): void {
  let isSent = false;
  for (const [index, step] of steps.entries()) {
    const at = [...path, index];
    const isTooLate = isSent && allowed.totp === 'before the submit';
    checkStep(step, at, allowed, report);
    if (step.totp && isTooLate) report([...at, 'totp'], AFTER_THE_SUBMIT);
    if (step.optional) checkPart(step.optional.steps, [...at, 'optional', 'steps'], isTooLate ? { ...allowed, totp: 'nowhere' } : allowed, report);
    isSent ||= step.submit !== undefined;
  }
}

function checkStep(step: Step, at: Path, allowed: Allowed, report: Report): void {
  if (step.fill) checkValue(step.fill.with, [...at, 'fill', 'with'], allowed, report);
  if (step.choose) checkValue(step.choose.option, [...at, 'choose', 'option'], allowed, report);
  if (step.totp && allowed.totp === 'nowhere') report([...at, 'totp'], IN_LOGIN_AND_CHANGE);
  if (step.expiry && !allowed.expiry) report([...at, 'expiry'], 'is only possible in login');
  if (step.submit && !allowed.submit) report([...at, 'submit'], IN_LOGIN_AND_CHANGE);
}

function checkValue(value: Value, path: Path, allowed: Allowed, report: Report): void {
  const credential = value.credential?.split('.')[0];
  if (credential !== undefined && !allowed.credentials.includes(credential)) report([...path, 'credential'], `must not be typed here (${value.credential})`);
  if (value.input === undefined) return;
  const declared = Object.hasOwn(allowed.inputs, value.input) ? allowed.inputs[value.input] : undefined;
  const meant = nearestWord(value.input, Object.keys(allowed.inputs));
  if (!declared) report([...path, 'input'], `is not a declared input: ${value.input}`, meant);
  else if (value.format !== undefined && declared.type !== 'date') report([...path, 'format'], 'belongs to an input of type date');
}

/**
 * A placeholder that is misspelt, or stands where none is filled in, would be looked for as it stands; one that is left empty
 * would fit every element. Where none is filled in, braces are also CSS or a regular expression: only an input's own name counts.
 */
function checkPlaceholders(task: object, path: Path, inputs: Allowed['inputs'], report: Report): void {
  for (const place of placeholdersIn(task, path)) {
    const declared = Object.hasOwn(inputs, place.input) ? inputs[place.input] : undefined;
    if (!declared && place.in !== 'elsewhere') report(place.path, `is not a declared input: ${place.input}`, nearestWord(place.input, Object.keys(inputs)));
    if (declared && place.in === 'elsewhere') report(place.path, `stays as it stands: {${place.input}} is only filled in under ${FILLED_PLACES}`);
    if (declared?.optional && place.in === 'words') report(place.path, `names an element by an input that may be left out: ${place.input}`);
  }
}

const typesCode = (steps: readonly Step[]): boolean =>
  steps.some((step) => step.totp !== undefined || (step.optional !== undefined && typesCode(step.optional.steps)));
