import { recordAuditEventForAll } from '@rcm/db';
import { listDueEndpoints, listOpenAttempts, listStartable } from '@rcm/db/rotation';
import { migratedEndpoint } from '@rcm/portal-access';
import type { RotatorConfig } from '../config.ts';
import { rotateOnDemand } from '../schedule/asked.ts';
import { rotatorChores } from '../schedule/chores.ts';
import { stopFailingPortalTypes } from '../schedule/failing-portal-types.ts';
import { rotateAndReport, type RotationOutcome, type RotationResult } from '../schedule/rotation-outcome.ts';
import { knownEndpoint } from './clear-login.ts';
import { type CommandContext, type PersonalAct, print } from './command.ts';
import { dryRotation } from './dry-rotation.ts';
import { areDone, report, reportWalk, type Walked } from './report-rotations.ts';

/** One command handles at most this many logins; run it again for more. A bound, so that a command always ends. */
const BATCH = 1_000;

export interface RotateOptions extends PersonalAct {
  readonly endpointId: string;
  readonly kind: 'demand' | 'compromise';
  readonly dryRun: boolean;
}

/** `rotate --endpoint`: on demand, whatever the due date says; after a compromise at once. Past the queue, never past the ledger's budget. */
export async function rotateCommand(context: CommandContext, options: RotateOptions): Promise<number> {
  const { db, rotator } = context.opened;
  if (options.dryRun) {
    const { orgId, id } = await knownEndpoint(db, options.endpointId);
    const endpoint = await migratedEndpoint(db, { orgId, endpointId: id });
    const would = await dryRotation(rotator, endpoint, options.kind);
    const words = would.wouldStart ? `${would.detail ?? 'would be rotated'}; nothing was changed` : `would not start: ${would.detail}`;
    print(context, { endpointId: endpoint.id, dryRun: true, ...would }, [`${endpoint.id}  ${words}`]);
    return would.wouldStart ? 0 : 1;
  }
  return report(context, [await rotateOnDemand(context.opened, options, context.signal)]);
}

/** `once`: what an earlier one left open, everything that is due, one after the other, and a round of each chore; a scheduled task's way. */
export async function rotateDueCommand(
  context: CommandContext,
  { dryRun, config }: { readonly dryRun: boolean; readonly config: RotatorConfig },
): Promise<number> {
  if (dryRun) {
    const due = await listDueEndpoints(context.opened.db, { limit: BATCH });
    const endpoints = due.map((endpoint) => ({ endpointId: endpoint.id, dueSince: endpoint.nextRotationAt?.toISOString() ?? null }));
    print(
      context,
      { due: endpoints },
      endpoints.map((e) => `${e.endpointId}  due since ${e.dueSince ?? 'now'}`).concat(`${endpoints.length} due; nothing was changed`),
    );
    return 0;
  }
  await stopFailingPortalTypes(context.opened.rotator);
  const { signal } = context;
  const outcomes = [...(await recoverAll(context)).outcomes, ...(await rotateAllDue(context))];
  for (const { round } of rotatorChores(context.opened, config)) if (!signal.aborted) await round(signal, signal);
  // A round that was stopped does not say so.
  const isWhole = !signal.aborted;
  reportWalk(context, { outcomes, isWhole });
  return isWhole && !outcomes.some(({ result }) => FAILED.has(result)) ? 0 : 1;
}

/** What a scheduled run must not pass over in silence. Everything else goes on by itself, here or at another rotator. */
const FAILED: ReadonlySet<RotationResult> = new Set(['failed', 'blocked', 'abandoned']);

/**
 * A portal type lets as many start as it has room for, and its first of the day alone; so what may start is asked again until nothing new
 * may. Nothing is tried twice.
 */
async function rotateAllDue({ opened, signal }: CommandContext): Promise<readonly RotationOutcome[]> {
  const outcomes: RotationOutcome[] = [];
  const tried = new Set<string>();
  for (;;) {
    const startable = (await listStartable(opened.db, { rules: opened.rotator.rules, limit: BATCH })).filter(({ endpointId }) => !tried.has(endpointId));
    if (startable.length === 0) return outcomes;
    for (const { orgId, endpointId } of startable) {
      if (signal.aborted || tried.size >= BATCH) return outcomes;
      tried.add(endpointId);
      process.stderr.write(`[${tried.size}] ${endpointId}\n`);
      outcomes.push(await rotateAndReport(opened.rotator, { orgId, endpointId, reason: 'due', signal }));
    }
  }
}

/** `recover`: what a crash left, and waits that are over. */
export async function recoverCommand(context: CommandContext, act: PersonalAct | 'dry run'): Promise<number> {
  if (act === 'dry run') {
    const open = await listOpenAttempts(context.opened.db, { ownerGone: true, limit: BATCH });
    const attempts = open.map(({ id, endpointId, state, owner }) => ({ attemptId: id, endpointId, state, owner }));
    print(
      context,
      { open: attempts },
      attempts.map((a) => `${a.endpointId}  ${a.state}, left by ${a.owner}`).concat(`${attempts.length} to go on with; nothing was changed`),
    );
    return 0;
  }
  await recordAuditEventForAll(context.opened.db, { ...act, action: 'rotation.recover', subject: 'every open rotation' });
  const walked = await recoverAll(context);
  reportWalk(context, walked);
  return walked.isWhole && areDone(walked.outcomes) ? 0 : 1;
}

/** What a stop leaves in the middle of a login; what ended all the same has ended. */
const NOT_ENDED: ReadonlySet<RotationResult> = new Set(['put_off', 'failed']);

/** Goes on once with every attempt whose owner is gone. */
async function recoverAll({ opened, signal }: CommandContext): Promise<Walked> {
  const open = await listOpenAttempts(opened.db, { ownerGone: true, limit: BATCH });
  const outcomes: RotationOutcome[] = [];
  for (const { orgId, endpointId } of open) {
    if (signal.aborted) return { outcomes, isWhole: false };
    process.stderr.write(`[${outcomes.length + 1}/${open.length}] ${endpointId}\n`);
    outcomes.push(await rotateAndReport(opened.rotator, { orgId, endpointId, reason: 'recovery', signal }));
  }
  const last = outcomes.at(-1);
  return { outcomes, isWhole: !(signal.aborted && last && NOT_ENDED.has(last.result)) };
}
