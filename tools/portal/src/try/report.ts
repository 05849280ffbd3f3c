import type { BlockedRequest, ChangeOutcome, LoginResult, StepTrace, TaskOutcome } from '@rcm/portal-drivers';

/** What a try came to: everything that `--json` prints. Holds no value of the credential. */
export interface TryReport {
  readonly recipe: string;
  readonly baseUrl: string;
  readonly steps: StepTrace[];
  /** Requests to origins that were not declared; none of them was sent. */
  readonly blocked: BlockedRequest[];
  login: LoginResult | null;
  task: TaskOutcome | null;
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
