import { isRcmError, RcmError, withDeadline } from '@rcm/telemetry';
import type { TaskOptions } from '../driver.ts';
import type { TaskOutcome } from '../outcome.ts';
import type { TaskWords } from '../recipe/outcomes.ts';
import type { TaskRecipe } from '../recipe/task.ts';
import { createActTime } from './act-time.ts';
import type { Act } from './act.ts';
import { translateBrowserError } from './failure.ts';
import { createOutcomeWatch } from './outcome-watch.ts';
import { addressOf, type SessionParts } from './parts.ts';
import { readRows } from './rows.ts';
import { runSteps } from './steps.ts';

/** Does a task of the recipe. Fails with `task_unknown` and `task_input_invalid`; what the portal does is always an outcome. */
export async function runTask(parts: SessionParts, options: TaskOptions): Promise<TaskOutcome> {
  const task = Object.hasOwn(parts.recipe.tasks, options.name) ? parts.recipe.tasks[options.name] : undefined;
  if (!task) throw new RcmError('task_unknown', `The recipe ${parts.recipe.name} has no task of that name.`);
  checkInput(task, options.input);
  parts.gate.reset();
  try {
    return await withDeadline({ ms: options.deadlineMs, what: 'task', signal: options.signal }, (signal) => follow(parts, task, options, signal));
  } catch (error) {
    const failure = isRcmError(error) ? error : translateBrowserError(error, 'task');
    return { kind: failure.code === 'portal_unavailable' ? 'unavailable' : 'unknown', detail: failure.message };
  }
}

async function follow(parts: SessionParts, task: TaskRecipe, options: TaskOptions, signal: AbortSignal): Promise<TaskOutcome> {
  const loggedOut: TaskWords = { when: parts.recipe.session.logged_out, is: 'logged_out' };
  const final = [...task.outcomes, loggedOut];
  const outcomes = createOutcomeWatch(
    parts.watch,
    final.filter((entry) => entry.is === 'logged_out' || entry.is === 'unavailable'),
  );
  const time = createActTime(options.deadlineMs, signal);
  const never = () => Promise.reject(new RcmError('recipe_invalid', 'A task sends no credential.'));
  const act: Act<TaskWords> = {
    name: `task ${options.name}`,
    watch: parts.watch,
    gate: parts.gate,
    time,
    outcomes,
    stepDeadlineMs: parts.recipe.step_deadline_ms,
    address: (path) => addressOf(parts, path),
    resolve: (value) => ({ plain: value.input === undefined ? (value.text ?? '') : (options.input[value.input] ?? '') }),
    seal: () => undefined,
    beforeSubmit: never,
    submitted: () => undefined,
    oneTimeCode: never,
    onStep: parts.onStep,
  };
  // The results' words count only as an answer to the last thing pressed, so they are known from the start and looked for at the end.
  const ended = await runSteps({ ...act, outcomes: { ...outcomes, mark: () => markFor(final) } }, task.steps);
  const answer = ended ?? (await time.until('An outcome that the recipe knows', time.stepMs(act.stepDeadlineMs), () => atEnd().look()));
  return answer.is === 'found' ? { kind: 'found', rows: await readRows(act, task.rows) } : plain(answer.is);

  function atEnd() {
    outcomes.expect(final);
    return outcomes;
  }

  async function markFor(entries: readonly TaskWords[]): Promise<void> {
    outcomes.expect(entries);
    await outcomes.mark();
    outcomes.expect(final.filter((entry) => entry.is === 'logged_out' || entry.is === 'unavailable'));
  }
}

function plain(kind: Exclude<TaskWords['is'], 'found'>): TaskOutcome {
  return kind === 'unavailable' ? { kind, detail: 'The portal says that it is not available.' } : { kind };
}

function checkInput(task: TaskRecipe, input: Readonly<Record<string, string>>): void {
  const problems = Object.keys(input)
    .filter((name) => !Object.hasOwn(task.input, name))
    .map(() => 'an input that the task does not declare');
  for (const [name, rule] of Object.entries(task.input)) {
    const value = input[name];
    if (value === undefined || value === '') problems.push(`${name} is missing`);
    else if (value.length > rule.max_length) problems.push(`${name} is longer than ${rule.max_length} characters`);
    else if (rule.type === 'number' && !/^-?\d+(\.\d+)?$/.test(value)) problems.push(`${name} is not a number`);
    else if (rule.type === 'date' && !isDate(value)) problems.push(`${name} is not a date (YYYY-MM-DD)`);
    else if (rule.pattern !== undefined && !new RegExp(`^(?:${rule.pattern})$`, 'u').test(value))
      problems.push(`${name} is not written as the portal wants it`);
  }
  if (problems.length > 0) throw new RcmError('task_input_invalid', `The task cannot be done: ${problems.join(', ')}.`);
}

const isDate = (value: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)) && new Date(value).toISOString().startsWith(value);
