import { RcmError } from '@rcm/telemetry';
import { fitsPattern } from '../recipe/input-pattern.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { TaskRecipe } from '../recipe/task.ts';

/** The task of that name, given what it declares. Fails with `task_unknown` and `task_input_invalid`. For whoever takes a task before it is done. */
export function checkedTask(recipe: Recipe, { name, input }: { readonly name: string; readonly input: Readonly<Record<string, string>> }): TaskRecipe {
  const task = Object.hasOwn(recipe.tasks, name) ? recipe.tasks[name] : undefined;
  if (!task) throw new RcmError('task_unknown', `The recipe ${recipe.name} has no task of that name.`);
  checkInput(task, input);
  return task;
}

/** Checks what a task is given against what it declares. Fails with `task_input_invalid`; the message names inputs, never their values. */
export function checkInput(task: Pick<TaskRecipe, 'input'>, input: Readonly<Record<string, string>>): void {
  const problems = Object.keys(input)
    .filter((name) => !Object.hasOwn(task.input, name))
    .map(() => 'an input that the task does not declare');
  for (const [name, rule] of Object.entries(task.input)) {
    const value = input[name];
    if (value === undefined || value === '') problems.push(...(rule.optional ? [] : [`${name} is missing`]));
    else if (value.length > rule.max_length) problems.push(`${name} is longer than ${rule.max_length} characters`);
    else if (rule.type === 'number' && !/^-?\d+(\.\d+)?$/.test(value)) problems.push(`${name} is not a number`);
    else if (rule.type === 'date' && !isDate(value)) problems.push(`${name} is not a date (YYYY-MM-DD)`);
    else if (rule.pattern !== undefined && !fitsPattern(rule.pattern, value)) problems.push(`${name} is not written as the portal wants it`);
  }
  if (problems.length > 0) throw new RcmError('task_input_invalid', `The task cannot be done: ${problems.join(', ')}.`);
}

const isDate = (value: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)) && new Date(value).toISOString().startsWith(value);
