import { isDatabaseAway } from '@rcm/db';
import { putOffRotation } from '@rcm/db/rotation';
import { type ErrorCode, hasCode, isRcmError, type Logger } from '@rcm/telemetry';
import { rotateLogin, type RotationReport, type RotationRequest } from '../rotate.ts';
import type { Rotator } from '../rotator.ts';

export type RotationResult = 'done' | 'abandoned' | 'waiting' | 'blocked' | 'open' | 'not_started' | 'put_off' | 'failed';

/** One word for how a rotation went on this time, for people, metrics and exit codes. */
export function resultOf(report: RotationReport): RotationResult {
  if (report.kind === 'not_started') return report.passes ? 'put_off' : 'not_started';
  const { state } = report.attempt;
  return state === 'done' || state === 'abandoned' || state === 'waiting' || state === 'blocked' ? state : 'open';
}

export interface RotationOutcome {
  readonly endpointId: string;
  readonly result: RotationResult;
  readonly attemptId: string | null;
  /** Stable code where it did not go on. */
  readonly code: ErrorCode | 'unexpected' | null;
  /** What happened, in words safe to show. */
  readonly detail: string | null;
}

/** Rotates and never rejects: a rotation that could not go on now is put off, and the journal or the due date brings it back. */
export async function rotateAndReport(rotator: Rotator, request: RotationRequest): Promise<RotationOutcome> {
  try {
    return await afterReport(rotator, request, await rotateLogin(rotator, request));
  } catch (error) {
    return afterError(rotator, request, error);
  }
}

async function afterReport(rotator: Rotator, request: RotationRequest, report: RotationReport): Promise<RotationOutcome> {
  const outcome = outcomeOf(request, report);
  const { endpointId, attemptId, result, detail } = outcome;
  log(rotator.logger, result, { endpointId, attemptId, outcome: result, detail });
  if (report.kind === 'not_started' && report.holds === 'login')
    await makeRoom(rotator, request, rotator.timing.retryMs * SLOW_RETRY, report.tells ? report.reason : undefined);
  return outcome;
}

function outcomeOf({ endpointId }: RotationRequest, report: RotationReport): RotationOutcome {
  const result = resultOf(report);
  if (report.kind === 'not_started') return { endpointId, result, attemptId: null, code: report.code, detail: report.reason };
  const { id: attemptId, detail } = report.attempt;
  return { endpointId, result, attemptId, code: null, detail: detail ?? null };
}

async function afterError(rotator: Rotator, request: RotationRequest, error: unknown): Promise<RotationOutcome> {
  const { endpointId } = request;
  const isNoFailure = isDatabaseAway(error) || hasCode(error, 'lease_unavailable', 'lease_lost', 'state_conflict', 'cancelled');
  const result = isNoFailure ? 'put_off' : 'failed';
  rotator.logger[result === 'failed' ? 'error' : 'info']({ err: error, endpointId, outcome: result }, 'rotation did not go on');
  const { code, detail, passes } = saidOf(error);
  // Whose process ended, or who met a database that is away, has nothing to say about the login.
  if (result === 'failed' || code === 'lease_unavailable')
    await makeRoom(rotator, request, rotator.timing.retryMs * (passes ? 1 : SLOW_RETRY), passes ? undefined : `it could not start: ${code}`);
  return { endpointId, result, attemptId: null, code, detail };
}

/** `passes`: the same may work if it is tried again soon. What is no error of ours may hold anything, and is in the log. */
function saidOf(error: unknown): Pick<RotationOutcome, 'code' | 'detail'> & { readonly passes: boolean } {
  if (!isRcmError(error)) return { code: 'unexpected', detail: 'an unexpected error; see the log', passes: false };
  return { code: error.code, detail: error.message, passes: error.retryable };
}

/** What trying again soon cannot mend is tried again less often. */
const SLOW_RETRY = 10;

/** Only what was due by its date: a person who asked has the answer, and recovery has the journal. */
async function makeRoom({ db, logger }: Rotator, { reason, orgId, endpointId }: RotationRequest, forMs: number, tell?: string): Promise<void> {
  if (reason !== 'due') return;
  await putOffRotation(db, { orgId, endpointId, forMs, ...(tell === undefined ? {} : { tell }) }).catch((error: unknown) =>
    logger.warn({ err: error, endpointId }, 'a login that could not be rotated could not be put off; it is met again at the next scan'),
  );
}

function log(logger: Logger, result: RotationResult, facts: object): void {
  if (result === 'blocked')
    logger.error(facts, 'rotation blocked: agents are kept out until a person resolves it, or a later look finds what the portal accepts');
  else if (result === 'abandoned') logger.warn(facts, 'rotation abandoned');
  else logger.info(facts, 'rotation ended');
}
