import { getEndpoint } from '@rcm/db';
import { pauseRotations, type PauseScope, resumeRotations } from '@rcm/db/rotation';
import { type CommandContext, resolveCommand, retryCommand, rollbackCommand, rotateAndReport, unlockedCommand } from '@rcm/rotator';
import { NO_TRACING } from '@rcm/portal-access/tracing';
import { createMetrics, isRcmError } from '@rcm/telemetry';
import { addRequest } from '../database/requests.ts';
import type { SimProcess } from '../time/sim-process.ts';
import type { Happening } from '../world/happening.ts';
import { rotatorOf } from '../world/processes.ts';
import { accountName, type SimLogin } from '../world/sim-login.ts';
import type { World } from '../world/world.ts';

export type Command =
  | Extract<Happening, { readonly kind: 'a person retries' | 'a person rotates' | 'a person rolls back' | 'a person pauses' }>
  /** Of the account that support was called for: the secret may name another one by now. */
  | { readonly kind: 'unlocked'; readonly username: string }
  | { readonly kind: 'resolve'; readonly accept: 'current' | 'found' };

export const ACT = { actor: 'person:os:operator', reason: 'simulated', dryRun: false } as const;

/** A command of `rotator`, run by a person in a process of its own; what it says no to, it says no to. */
export async function operatorRuns(world: World, login: SimLogin, command: Command, process: SimProcess): Promise<void> {
  const rotator = rotatorOf(world, process);
  const opened = {
    rotator,
    db: world.database,
    metrics: createMetrics(),
    copies: null,
    warnings: [],
    channels: [],
    tracing: NO_TRACING,
    tryBrowser: async () => undefined,
    close: async () => undefined,
  };
  const context: CommandContext = { opened, json: true, signal: new AbortController().signal };
  const { orgId, endpointId } = login.plan;
  try {
    switch (command.kind) {
      case 'unlocked':
        await unlockedCommand(context, { ...ACT, endpointId, username: command.username });
        world.wasLocked.delete(accountName({ ...login, username: command.username }));
        Object.assign(login.portal.accounts.get(command.username) ?? {}, { supportToldAt: world.scheduler.now });
        return;
      case 'resolve':
        await resolveCommand(context, { ...ACT, endpointId, accept: command.accept, proof: 'login' });
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
          requestId: addRequest(world.database, { orgId, endpointId, kind: command.why, ...ACT }).requestId,
        });
        return;
      case 'a person pauses':
        return await pauses(world, login, command, process);
    }
  } catch (error) {
    if (!isRcmError(error)) throw error;
    world.trace.add(process.name, `${command.kind} ${endpointId}: ${error.code}`);
  }
}

async function pauses(
  world: World,
  login: SimLogin,
  { scope: kind, forMs }: Extract<Command, { kind: 'a person pauses' }>,
  process: SimProcess,
): Promise<void> {
  const { orgId, endpointId } = login.plan;
  const endpoint = await getEndpoint(world.database, { orgId, endpointId });
  if (!endpoint) return;
  const scope: PauseScope =
    kind === 'all' ? { kind } : kind === 'portal_type' ? { kind, portalTypeCode: endpoint.portalTypeCode } : { kind, orgId, endpointId };
  // Also where the answer is lost: it may be paused.
  world.paused.add(scope);
  await pauseRotations(world.database, { scope, ...ACT });
  await process.clock.sleep(forMs);
  await resumeRotations(world.database, { scope, ...ACT });
  world.paused.delete(scope);
}
