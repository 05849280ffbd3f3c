import { getEndpoint } from '@rcm/db';
import { pauseRotations, type PauseScope, resumeRotations } from '@rcm/db/rotation';
import { type CommandContext, resolveCommand, retryCommand, rollbackCommand, rotateAndReport, unlockedCommand } from '@rcm/rotator';
import { NO_TRACING } from '@rcm/portal-access/tracing';
import { createMetrics, isRcmError } from '@rcm/telemetry';
import { addRequest } from '../database/requests.ts';
import type { SimProcess } from '../time/sim-process.ts';
import type { Happening } from '../environment/happening.ts';
import { rotatorOf } from '../environment/processes.ts';
import { accountName, type SimLogin } from '../environment/sim-login.ts';
import type { SimulatedEnvironment } from '../environment/simulated-environment.ts';

export type Command =
  | Extract<Happening, { readonly kind: 'a person retries' | 'a person rotates' | 'a person rolls back' | 'a person pauses' }>
  /** Of the account that support was called for: the secret may name another one by now. */
  | { readonly kind: 'unlocked'; readonly username: string }
  | { readonly kind: 'resolve'; readonly accept: 'current' | 'found' };

export const ACT = { actor: 'person:os:operator', reason: 'simulated', dryRun: false } as const;

/** A command of `rotator`, run by a person in a process of its own; what it says no to, it says no to. */
export async function operatorRuns(environment: SimulatedEnvironment, login: SimLogin, command: Command, process: SimProcess): Promise<void> {
  const rotator = rotatorOf(environment, process);
  const opened = {
    rotator,
    db: environment.database,
    metrics: createMetrics(),
    copies: null,
    warnings: [],
    channels: [],
    tracing: NO_TRACING,
    tryBrowser: async () => undefined,
    browserProblem: () => Promise.resolve(null),
    close: async () => undefined,
  };
  const context: CommandContext = { opened, json: true, signal: new AbortController().signal };
  const { orgId, endpointId } = login.plan;
  try {
    switch (command.kind) {
      case 'unlocked':
        await unlockedCommand(context, { ...ACT, endpointId, username: command.username });
        environment.wasLocked.delete(accountName({ ...login, username: command.username }));
        Object.assign(login.portal.accounts.get(command.username) ?? {}, { supportToldAt: environment.scheduler.now });
        return;
      case 'resolve':
        await resolveCommand(context, { ...ACT, endpointId, accept: command.accept, proof: 'login', seen: null });
        return;
      case 'a person retries':
        await retryCommand(context, { ...ACT, endpointId });
        return;
      case 'a person rolls back':
        await rollbackCommand(context, { ...ACT, endpointId });
        return;
      case 'a person rotates':
        await rotateAndReport(rotator, {
          ...{ orgId, endpointId, reason: command.why, signal: context.signal },
          requestId: addRequest(environment.database, { orgId, endpointId, kind: command.why, ...ACT }).requestId,
        });
        return;
      case 'a person pauses':
        await pauses(environment, login, command, process);
        return;
    }
  } catch (error) {
    if (!isRcmError(error)) throw error;
    environment.trace.add(process.name, `${command.kind} ${endpointId}: ${error.code}`);
  }
}

async function pauses(
  environment: SimulatedEnvironment,
  login: SimLogin,
  { scope: kind, forMs }: Extract<Command, { kind: 'a person pauses' }>,
  process: SimProcess,
): Promise<void> {
  const { orgId, endpointId } = login.plan;
  const endpoint = await getEndpoint(environment.database, { orgId, endpointId });
  if (!endpoint) return;
  const scope: PauseScope =
    kind === 'all' ? { kind } : kind === 'portal_type' ? { kind, portalTypeCode: endpoint.portalTypeCode } : { kind, orgId, endpointId };
  // Also where the answer is lost: it may be paused.
  environment.paused.add(scope);
  await pauseRotations(environment.database, { scope, ...ACT });
  await process.clock.sleep(forMs);
  await resumeRotations(environment.database, { scope, ...ACT });
  environment.paused.delete(scope);
}
