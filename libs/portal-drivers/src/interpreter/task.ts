import { type ErrorCode, isRcmError, withDeadline } from '@rcm/telemetry';
import { fulfilled } from '../contract/fulfil.ts';
import { paymentsOf } from '../contract/remittance-835.ts';
import type { PageRecord } from '../contract/page-record.ts';
import type { TaskOptions } from '../driver.ts';
import type { TaskDoubt, TaskOutcome } from '../outcome.ts';
import { contractOf } from '../recipe/contract-use.ts';
import type { TaskWords } from '../recipe/outcomes.ts';
import type { TaskRecipe } from '../recipe/task.ts';
import type { Act } from './act.ts';
import { doubtsOf } from './doubts.ts';
import { translateBrowserError } from './failure.ts';
import { createOutcomeWatch } from './outcome-watch.ts';
import { type SessionDependencies, timeOf } from './dependencies.ts';
import { quietAct } from './quiet-act.ts';
import { readRows } from './rows.ts';
import { readSheet } from './sheet.ts';
import { runSteps } from './steps.ts';
import { filledTask } from './filled-task.ts';
import { checkedTask } from './task-input.ts';
import { receiveFile } from './file.ts';
import { readFields } from './fields.ts';
import { untilOf } from './until.ts';
import { writeDate } from './written-dates.ts';
import type { Value } from '../recipe/value.ts';

/** Which failures of a task are something else than unclear. */
const KINDS: Readonly<Partial<Record<ErrorCode, 'unavailable' | 'unfit'>>> = { portal_unavailable: 'unavailable', contract_unmet: 'unfit' };

/** Does a task of the recipe. Fails with `task_unknown` and `task_input_invalid`; what the portal does is always an outcome. */
export async function runTask(dependencies: SessionDependencies, options: TaskOptions): Promise<TaskOutcome> {
  const task = filledTask(checkedTask(dependencies.recipe, options), options.input);
  dependencies.requestGate.reset();
  try {
    return await withDeadline({ ms: options.deadlineMs, what: 'task', signal: options.signal }, (signal) => follow(dependencies, task, options, signal));
  } catch (error) {
    const failure = isRcmError(error) ? error : translateBrowserError(error, 'task');
    return { kind: KINDS[failure.code] ?? 'unknown', detail: dependencies.secrets.mask().mask(failure.message) };
  }
}

async function follow(dependencies: SessionDependencies, task: TaskRecipe, options: TaskOptions, signal: AbortSignal): Promise<TaskOutcome> {
  dependencies.watch.home();
  const loggedOut: TaskWords = { when: dependencies.recipe.session.logged_out, is: 'logged_out' };
  const final = [...task.outcomes, loggedOut];
  const outcomes = createOutcomeWatch(
    dependencies.watch,
    final.filter((entry) => entry.is === 'logged_out' || entry.is === 'unavailable'),
  );
  const time = timeOf(dependencies, { deadlineMs: options.deadlineMs, signal });
  const act = quietAct<TaskWords>(dependencies, {
    name: `task ${options.name}`,
    time,
    outcomes: { ...outcomes, mark: () => markFor(final) },
    plain: (value) => writtenInput(task, value, options.input),
  });
  // The results' words count only as an answer to the last thing pressed, so they are known from the start and looked for at the end.
  const ended = await runSteps(act, task.steps);
  const answer = ended ?? (await time.until(outcomes.awaited(), time.stepMs(act.stepDeadlineMs), () => atEnd().look()));
  return answer.is === 'found' ? readResult(act, options.name, task) : plain(answer.is, await untilOf(dependencies, answer));

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

async function readResult(act: Act<TaskWords>, name: string, task: TaskRecipe): Promise<TaskOutcome> {
  const { rows, doubts } = await readList(act, task);
  const fields = task.fields ? await readFields(act, task.fields) : null;
  const file = task.file ? await receiveFile(act, task.file) : null;
  const given = { ...(file ? { file } : {}), ...(doubts.length > 0 ? { doubts } : {}) };
  const contract = contractOf(name, task);
  if (contract === null || !task.contract)
    return { kind: 'found', rows: (rows ?? []).map(({ values }) => values), ...(fields ? { fields: fields.values } : {}), ...given };
  const { currency = '' } = task.contract;
  if (task.contract.file !== undefined && file) return { kind: 'found', contract, rows: paymentsOf(file.bytes, currency), ...given };
  return { kind: 'found', contract, rows: fulfilled({ name: contract, contract: task.contract }, withFields(rows, fields)), ...given };
}

interface List {
  /** `null`: the task reads none. */
  readonly rows: readonly PageRecord[] | null;
  readonly doubts: readonly TaskDoubt[];
}

async function readList(act: Act<TaskWords>, task: TaskRecipe): Promise<List> {
  if (!task.rows) return { rows: task.sheet ? await readSheet(act, task.sheet) : null, doubts: [] };
  const rows = await readRows(act, task.rows);
  return { rows, doubts: await doubtsOf(act, task.rows, rows.length) };
}

/** What the page says once belongs to each of its rows; where the task reads none, it is a record of its own. */
function withFields(rows: readonly PageRecord[] | null, fields: PageRecord | null): readonly PageRecord[] {
  if (!fields) return rows ?? [];
  return (rows ?? [NO_RECORD]).map((row) => ({ values: { ...fields.values, ...row.values }, words: { ...fields.words, ...row.words } }));
}

const NO_RECORD: PageRecord = { values: {}, words: {} };

/** What is typed for an input: a date as the portal writes dates, everything else as it was given. */
function writtenInput(task: TaskRecipe, value: Value, input: TaskOptions['input']): string {
  if (value.input === undefined) return value.text ?? '';
  const given = input[value.input] ?? '';
  return value.format === undefined || given === '' ? given : writeDate(given, value.format);
}

function plain(kind: Exclude<TaskWords['is'], 'found'>, until: { readonly until?: Date }): TaskOutcome {
  return kind === 'unavailable' ? { kind, detail: 'The portal says that it is not available.', ...until } : { kind };
}
