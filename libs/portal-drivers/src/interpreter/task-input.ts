import { RcmError } from '@rcm/telemetry';
import { fitsPattern } from '../recipe/input-pattern.ts';
import { inputsThatLeadUp } from '../recipe/placeholder.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { TaskRecipe } from '../recipe/task.ts';

/** The task of that name, given what it declares. Fails with `task_unknown` and `task_input_invalid`. For whoever takes a task before it is done. */
export function checkedTask(recipe: Recipe, { name, input }: { readonly name: string; readonly input: Readonly<Record<string, string>> }): TaskRecipe {
  const task = Object.hasOwn(recipe.tasks, name) ? recipe.tasks[name] : undefined;
  if (!task) throw new RcmError('task_unknown', `The recipe ${recipe.name} has no task of that name.`);
  checkInput(task, input);
  const [up] = inputsThatLeadUp(task.steps, input);
  if (up !== undefined) throw new RcmError('task_input_invalid', `The task cannot be done: ${up} is no part of the address that is opened with it.`);
  return task;
}

/** Checks what a task is given against what it declares. Fails with `task_input_invalid`; the message names inputs, never their values. */
export function checkInput(task: Pick<TaskRecipe, 'input'>, input: Readonly<Record<string, string>>): void {
  const problems = Object.keys(input)
    .filter((name) => !Object.hasOwn(task.input, name))
    .map(() => 'an input that the task does not declare');
  for (const [name, rule] of Object.entries(task.input)) {
    const problem = problemOf(input[name], rule);
    if (problem !== null) problems.push(`${name} ${problem}`);
  }
  if (problems.length > 0) throw new RcmError('task_input_invalid', `The task cannot be done: ${problems.join(', ')}.`);
}

/** What is wrong with the value of an input; `null`: nothing. */
function problemOf(value: string | undefined, rule: TaskRecipe['input'][string]): string | null {
  if (value === undefined || value === '') return rule.optional ? null : 'is missing';
  if (value.length > rule.max_length) return `is longer than ${rule.max_length} characters`;
  if (rule.type === 'number' && !/^-?\d+(\.\d+)?$/.test(value)) return 'is not a number';
  if (rule.type === 'date' && !isDate(value)) return 'is not a date (YYYY-MM-DD)';
  if (rule.pattern !== undefined && !fitsPattern(rule.pattern, value)) return 'is not written as the portal wants it';
  return null;
}

const isDate = (value: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)) && new Date(value).toISOString().startsWith(value);
