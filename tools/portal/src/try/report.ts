import type { BlockedRequest, ChangeOutcome, LoginResult, StepTrace, TaskFile, TaskOutcome } from '@rcm/portal-drivers';

type Found = Extract<TaskOutcome, { readonly kind: 'found' }>;

/** A task's outcome; of a file its name and size in bytes, not its content. */
export type TaskReport =
  Exclude<TaskOutcome, Found> | (Omit<Found, 'file'> & { readonly file?: Pick<TaskFile, 'name' | 'contentType'> & { readonly size: number } });

export function taskReport(outcome: TaskOutcome): TaskReport {
  if (outcome.kind !== 'found' || !outcome.file) return outcome as TaskReport;
  const { name, contentType, bytes } = outcome.file;
  return { ...outcome, file: { name, contentType, size: bytes.length } };
}

/** What a try came to: everything that `--json` prints. Holds no value of the credential. */
export interface TryReport {
  readonly recipe: string;
  readonly baseUrl: string;
  readonly steps: StepTrace[];
  /** Requests to origins that were not declared; none of them was sent. */
  readonly blocked: BlockedRequest[];
  login: LoginResult | null;
  task: TaskReport | null;
  change: ChangeOutcome | null;
  /** Login with the new password in a session of its own. */
  verification: LoginResult | null;
  /** File that holds the old and the new password. */
  savedTo: string | null;
  /** Files that show what the portal showed, secrets masked. */
  evidence: readonly string[];
  /** What went wrong with us rather than with the portal. */
  problem: string | null;
}

export const emptyReport = (recipe: string, baseUrl: string): TryReport => ({
  recipe,
  baseUrl,
  steps: [],
  blocked: [],
  login: null,
  task: null,
  change: null,
  verification: null,
  savedTo: null,
  evidence: [],
  problem: null,
});

/** Whether everything that was asked for came out well. */
export function succeeded(report: TryReport): boolean {
  if (report.problem !== null) return false;
  if (report.change) return report.change.kind === 'applied' && report.verification?.outcome.kind === 'accepted';
  if (report.task) return report.task.kind === 'found' || report.task.kind === 'nothing_found';
  return report.login?.outcome.kind === 'accepted';
}
