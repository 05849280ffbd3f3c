import type { BlockedRequest, ChangeOutcome, LoginOutcome, LoginResult, StepTrace, TaskDoubt, TaskOutcome } from '@rcm/portal-drivers';
import type { TaskReport, TryReport } from './report.ts';
import { tableLines } from './table.ts';

const MARKS: Readonly<Record<StepTrace['outcome'], string>> = { done: '✓', skipped: '–', ended: '■', failed: '✗' };

/** One step as it happens. */
export const stepLine = ({ act, step, ms, outcome }: StepTrace): string => `  ${MARKS[outcome]} ${act}: ${step} (${outcome}, ${ms} ms)`;

/** What each end of a login means for whoever tries a recipe, and what to do. */
const LOGIN: Readonly<Record<LoginOutcome['kind'], string>> = {
  accepted: 'logged in.',
  rejected: 'the portal refuses this user name and password. Check them before another try: each one counts towards a lock.',
  rejected_or_locked: 'the portal’s words stand for a wrong password and for a locked account. Do not try again before a person has looked.',
  locked: 'the account is locked. Have it unlocked at the portal before another try.',
  throttled: 'the portal takes no more tries for now. Wait.',
  challenged: 'the portal wants a proof that a person is there. Log in by hand once.',
  mfa_required: 'the portal asks for a one-time code, and the credential has no seed.',
  mfa_rejected: 'the one-time code was refused. Check the seed and this machine’s clock.',
  password_expired: 'the password is too old and the portal does not take it any more.',
  change_forced: 'the portal wants a new password first: try --rotate.',
  unavailable: 'the portal cannot be used now.',
  host_moved: 'the sign-in is at a host that the recipe does not reach: name it under hosts, or with --host, if it is the portal’s.',
  unknown: 'it did not go as the recipe says. Look at the evidence (--evidence DIR); words that the recipe does not know belong into login.outcomes.',
};

const TASK: Readonly<Record<TaskOutcome['kind'], string>> = {
  found: 'done.',
  nothing_found: 'the portal has nothing for this.',
  logged_out: 'the portal ended the session meanwhile.',
  unavailable: 'the portal cannot be used now.',
  unfit: 'the portal answered, but not as the contract has it. Mend the task, or its words under contract.',
  unknown: 'it did not go as the recipe says. Look at the evidence (--evidence DIR).',
};

/** What makes the rows doubtful, and what to write in the recipe. */
const DOUBTS: Readonly<Record<TaskDoubt, string>> = {
  more_rows_told: 'the page tells of more rows than were read: say where it counts them (rows.total), and what leads to the others (rows.next_page).',
  pager_not_pressed: 'the page has a button or link to further rows, and the recipe presses none: say which (rows.next_page).',
};

/** On a terminal; `--json` prints all of them. */
const ROWS_SHOWN = 10;

const stoppedWords = ({ origin, kind, reason }: BlockedRequest): string =>
  reason === undefined
    ? `stopped: ${kind} to ${origin}, which is not a declared host (--host); nothing was sent there`
    : `stopped: ${kind} to ${origin}: ${reason}`;

/** The report for people. */
export function describeReport(report: TryReport): string {
  const lines = [
    report.login && `login: ${loginWords(report.login)}`,
    report.task && taskWords(report.task),
    report.change && changeWords(report.change),
    report.verification && `login with the new password: ${loginWords(report.verification)}`,
    report.change && whatIsKnown(report),
    ...new Set(report.blocked.map(stoppedWords)),
    report.savedTo && `both passwords are in ${report.savedTo}; delete it when the right one is stored`,
    ...report.evidence.map((file) => `evidence: ${file}`),
    report.problem,
  ];
  return lines
    .filter((line) => typeof line === 'string')
    .map((line) => `${line}\n`)
    .join('');
}

function loginWords({ outcome, submitted }: LoginResult): string {
  const detail = 'detail' in outcome ? ` (${outcome.detail})` : '';
  const date = outcome.kind === 'accepted' ? outcome.passwordExpiresAt : 'until' in outcome ? outcome.until : undefined;
  const dated = date ? ` ${outcome.kind === 'accepted' ? 'The password expires' : 'Until'} ${date.toISOString()}.` : '';
  return `${outcome.kind}: ${LOGIN[outcome.kind]}${dated}${detail}${submitted ? '' : ' No password was sent: no attempt was spent.'}`;
}

function taskWords(task: TaskReport): string {
  const detail = 'detail' in task ? ` (${task.detail})` : '';
  if (task.kind !== 'found') return `task: ${task.kind}: ${TASK[task.kind]}${untilWords(task)}${detail}`;
  const fields = task.fields ? [`  ${JSON.stringify(task.fields)}`] : [];
  const file = task.file ? [`  file ${task.file.name} (${task.file.contentType || 'no type told'}, ${task.file.size} bytes; not kept)`] : [];
  const onlyOther = task.rows.length === 0 && (task.fields ?? task.file);
  const count = onlyOther ? '' : ` ${task.rows.length} ${task.rows.length === 1 ? 'row' : 'rows'}`;
  const doubts = (task.doubts ?? []).map((doubt) => `  ! ${DOUBTS[doubt]}`);
  return [`task: found${count}`, ...fields, ...tableLines(task.rows, ROWS_SHOWN), ...file, ...doubts].join('\n');
}

function changeWords(change: ChangeOutcome): string {
  if (change.kind === 'refused') return `change: refused by the rule ${change.rule}.${untilWords(change)}`;
  return change.kind === 'unknown' ? `change: unknown (${change.detail})` : 'change: applied.';
}

const untilWords = (outcome: object): string => ('until' in outcome && outcome.until instanceof Date ? ` Until ${outcome.until.toISOString()}.` : '');

/** Which password the portal takes now, as far as anybody can know. */
function whatIsKnown({ change, verification }: TryReport): string {
  if (!change?.submitted) return 'The old password holds: no new one was submitted.';
  if (verification?.outcome.kind === 'accepted') return 'The new password holds: the portal took it.';
  if (change.kind === 'refused') return 'The old password holds, as the recipe reads the portal’s words.';
  if (change.kind === 'applied') return 'The new password holds, as the recipe reads the portal’s words; no login has proved it. Keep both.';
  return 'It is not known which password holds. Keep both; try the new one first, once, with --login-only.';
}
