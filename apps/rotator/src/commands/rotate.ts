import { findEndpoint, listDueEndpoints, listOpenAttempts } from '@rcm/db';
import { RcmError } from '@rcm/telemetry';
import { rotateAndReport, type RotationOutcome } from '../schedule/rotation-outcome.ts';
import type { RotatorProcess } from '../services.ts';

interface CommandOptions {
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** One command handles at most this many logins; run it again for more. A bound, so that a command always ends. */
const BATCH = 1_000;

/** `rotate --endpoint`: on demand, whatever the due date says. */
export async function rotateCommand(opened: RotatorProcess, options: CommandOptions & { readonly endpointId: string }): Promise<number> {
  const endpoint = await findEndpoint(opened.db, { endpointId: options.endpointId });
  if (!endpoint) throw new RcmError('endpoint_unknown', `There is no endpoint ${options.endpointId}.`);
  return report([await rotateAndReport(opened.rotator, { orgId: endpoint.orgId, endpointId: endpoint.id, reason: 'demand', signal: options.signal })], options);
}

/** `once`: everything that is due, one after the other; a scheduled task's way. */
export async function rotateDueCommand(opened: RotatorProcess, options: CommandOptions & { readonly dryRun: boolean }): Promise<number> {
  const due = await listDueEndpoints(opened.db, { limit: BATCH });
  if (options.dryRun) {
    const endpoints = due.map((endpoint) => ({ endpointId: endpoint.id, dueSince: endpoint.nextRotationAt?.toISOString() ?? null }));
    print(options, { due: endpoints }, endpoints.map((e) => `${e.endpointId}  due since ${e.dueSince ?? 'now'}`).concat(`${endpoints.length} due; nothing was changed`));
    return 0;
  }
  return each(opened, options, due.map((endpoint) => ({ orgId: endpoint.orgId, endpointId: endpoint.id, reason: 'due' })));
}

/** `recover`: what a crash left, and waits that are over. */
export async function recoverCommand(opened: RotatorProcess, options: CommandOptions): Promise<number> {
  const open = await listOpenAttempts(opened.db, { ownerGone: true, limit: BATCH });
  return each(opened, options, open.map((attempt) => ({ orgId: attempt.orgId, endpointId: attempt.endpointId, reason: 'recovery' })));
}

async function each(opened: RotatorProcess, options: CommandOptions, requests: readonly { orgId: string; endpointId: string; reason: string }[]): Promise<number> {
  const outcomes: RotationOutcome[] = [];
  for (const [index, request] of requests.entries()) {
    if (options.signal.aborted) break;
    process.stderr.write(`[${index + 1}/${requests.length}] ${request.endpointId}\n`);
    outcomes.push(await rotateAndReport(opened.rotator, { ...request, signal: options.signal }));
  }
  return report(outcomes, options);
}

function report(outcomes: readonly RotationOutcome[], options: CommandOptions): number {
  const lines = outcomes.map((o) => `${o.endpointId}  ${o.result}${o.detail ? `  ${o.detail}` : ''}`);
  print(options, { rotations: outcomes }, [...lines, `${outcomes.filter((o) => o.result === 'done').length} of ${outcomes.length} rotated`]);
  return outcomes.every((o) => o.result === 'done') ? 0 : 1;
}

function print(options: CommandOptions, json: object, lines: readonly string[]): void {
  process.stdout.write(options.json ? `${JSON.stringify(json)}\n` : `${lines.join('\n')}\n`);
}
