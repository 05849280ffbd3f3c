import type { z } from 'zod';
import { checkContract, type Fulfilling } from './contract-use.ts';
import type { Step } from './step.ts';
import { FILLED_PLACES, placeholdersIn } from './placeholder.ts';
import type { Path, Report } from './report.ts';
import { nearestWord } from './suggestion.ts';
import type { Value } from './value.ts';

interface Checked {
  readonly login: { readonly steps: readonly Step[] };
  readonly change?: { readonly steps: readonly Step[] } | undefined;
  readonly forced_change?: { readonly steps: readonly Step[] } | undefined;
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
}

/**
 * Checks across steps: where a secret may be typed, that exactly one step is marked as the submit (the platform commits
 * what it must know right before that step), and that it comes after the secret it sends.
 */
export function checkUse(recipe: Checked, context: z.core.$RefinementCtx): void {
  const report: Report = (path, message, suggestion = null) => context.addIssue({ code: 'custom', path: [...path], message, params: { suggestion } });
  checkPart(recipe.login.steps, ['login', 'steps'], { credentials: ['username', 'password', 'custom'], inputs: {}, totp: 'anywhere', expiry: true }, report);
  checkSubmit(recipe.login.steps, ['login', 'steps'], 'password', report);
  for (const part of ['change', 'forced_change'] as const) {
    const steps = recipe[part]?.steps;
    if (!steps) continue;
    checkPart(
      steps,
      [part, 'steps'],
      { credentials: ['username', 'password', 'new_password', 'custom'], inputs: {}, totp: 'before the submit', expiry: false },
      report,
    );
    checkSubmit(steps, [part, 'steps'], 'new_password', report);
  }
  const plain: Allowed = { credentials: [], inputs: {}, totp: 'nowhere', expiry: false };
  if (recipe.logout) checkPart(recipe.logout.steps, ['logout', 'steps'], plain, report, true);
  for (const [name, task] of Object.entries(recipe.tasks)) {
    checkPart(task.steps, ['tasks', name, 'steps'], { ...plain, inputs: task.input }, report, true);
    checkPlaceholders(task, ['tasks', name], task.input, report);
    checkContract(name, task, report);
  }
}

/** A person may take minutes for a code, and what was submitted has to be known by then. */
const AFTER_THE_SUBMIT = 'is only possible before the submit of a change';

function checkPart(steps: readonly Step[], path: Path, allowed: Allowed, report: Report, refuseSubmit = false): void {
  let isSent = false;
  for (const [index, step] of steps.entries()) {
    const at = [...path, index];
    if (step.fill) checkValue(step.fill.with, [...at, 'fill', 'with'], allowed, report);
    if (step.choose) checkValue(step.choose.option, [...at, 'choose', 'option'], allowed, report);
    if (step.totp && allowed.totp === 'nowhere') report([...at, 'totp'], 'is only possible in login and change');
    if (step.totp && allowed.totp === 'before the submit' && isSent) report([...at, 'totp'], AFTER_THE_SUBMIT);
    if (step.expiry && !allowed.expiry) report([...at, 'expiry'], 'is only possible in login');
    if (step.submit && refuseSubmit) report([...at, 'submit'], 'is only possible in login and change');
    if (step.optional)
      checkPart(
        step.optional.steps,
        [...at, 'optional', 'steps'],
        isSent && allowed.totp === 'before the submit' ? { ...allowed, totp: 'nowhere' } : allowed,
        report,
        refuseSubmit,
      );
    isSent ||= step.submit === true;
  }
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

function checkSubmit(steps: readonly Step[], path: Path, secret: string, report: Report): void {
  for (const [index, step] of steps.entries()) {
    if (step.optional && marked(step.optional.steps)) report([...path, index, 'optional'], 'must not hold the submit step: it would be sent only sometimes');
  }
  const marks = steps.flatMap((step, index) => (step.submit ? [index] : []));
  if (marks.length !== 1) return report(path, `needs exactly one step marked "submit: true", has ${marks.length}`);
  const typed = steps.findIndex((step) => types(step, secret));
  if (typed === -1) return report(path, `never types {credential: ${secret}}`);
  if (typed > (marks[0] ?? 0)) report([...path, marks[0] ?? 0, 'submit'], `comes before {credential: ${secret}} is typed`);
}

const marked = (steps: readonly Step[]): boolean => steps.some((step) => step.submit === true || (step.optional !== undefined && marked(step.optional.steps)));

const types = (step: Step, secret: string): boolean =>
  step.fill?.with.credential === secret || (step.optional?.steps.some((inner) => types(inner, secret)) ?? false);
