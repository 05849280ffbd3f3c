import { findEndpoint } from '@rcm/db';
import { type PauseScope, pauseRotations, type ResumedRotations, resumeRotations } from '@rcm/db/rotation';
import { RcmError } from '@rcm/telemetry';
import { type CommandContext, type PersonalAct, print } from './command.ts';

/** Exactly one of them, as the command line gives it. */
export interface ScopeOptions {
  readonly all?: boolean;
  readonly portalType?: string;
  readonly endpoint?: string;
}

interface ScopedAct extends PersonalAct {
  readonly scope: ScopeOptions;
  readonly dryRun: boolean;
}

/** `pause`: from now on no rotation starts in this scope. Those under way end, agents go on. */
export async function pauseCommand(context: CommandContext, act: ScopedAct): Promise<number> {
  const scope = await scopeOf(context, act.scope);
  const paused = act.dryRun ? null : await pauseRotations(context.opened.db, { scope, actor: act.actor, reason: act.reason });
  const what = wordsFor(scope);
  const line =
    paused === null ? `would pause ${what}; nothing was changed` : paused ? `paused: ${what}` : `${what} was paused already; the first reason stands`;
  print(context, { scope, dryRun: act.dryRun, paused }, [line]);
  return 0;
}

/** `resume`: ends that pause, and for a portal type the breaker too; its next scheduled rotation goes ahead alone. */
export async function resumeCommand(context: CommandContext, act: ScopedAct): Promise<number> {
  const scope = await scopeOf(context, act.scope);
  if (act.dryRun) {
    print(context, { scope, dryRun: true }, [`would resume ${wordsFor(scope)}; nothing was changed`]);
    return 0;
  }
  const resumed = await resumeRotations(context.opened.db, { scope, actor: act.actor, reason: act.reason });
  print(context, { scope, dryRun: false, ...resumed }, resumedLines(scope, resumed));
  return 0;
}

const WIDTH: Readonly<Record<PauseScope['kind'], number>> = { all: 2, portal_type: 1, endpoint: 0 };

/** What has ended, and which other pauses hold. */
export function resumedLines(scope: PauseScope, { wasPaused, wasStopped, stillPaused, stillPausedInAll }: ResumedRotations): string[] {
  const what = wordsFor(scope);
  const isHeld = stillPaused.some((other) => WIDTH[other.kind] > WIDTH[scope.kind]);
  const ended = `${isHeld ? 'this pause has ended, and another holds' : 'goes on'}: ${what}${wasStopped ? ' (its breaker was open)' : ''}`;
  const nothing = `there was no such pause${scope.kind === 'portal_type' ? ', and no open breaker' : ''}: ${what}`;
  const more = stillPausedInAll - stillPaused.length;
  return [
    wasPaused || wasStopped ? ended : nothing,
    ...stillPaused.map((other) => `still paused: ${wordsFor(other)}`),
    ...(more > 0 ? [`still paused: ${more} more, which \`rcm status\` names`] : []),
  ];
}

async function scopeOf({ opened }: CommandContext, options: ScopeOptions): Promise<PauseScope> {
  const { all, portalType, endpoint } = options;
  if ([all === true, portalType !== undefined, endpoint !== undefined].filter(Boolean).length !== 1)
    throw new RcmError('input_invalid', 'Name one of --all, --portal-type <code>, --endpoint <id>. Nothing was changed.');
  if (portalType !== undefined) return { kind: 'portal_type', portalTypeCode: portalType };
  if (endpoint === undefined) return { kind: 'all' };
  const found = await findEndpoint(opened.db, { endpointId: endpoint });
  if (!found) throw new RcmError('endpoint_unknown', `There is no endpoint ${endpoint}. Nothing was changed.`);
  return { kind: 'endpoint', orgId: found.orgId, endpointId: found.id };
}

function wordsFor(scope: PauseScope): string {
  switch (scope.kind) {
    case 'all':
      return 'all rotations';
    case 'portal_type':
      return `rotations at portal type ${scope.portalTypeCode}`;
    case 'endpoint':
      return `rotations of endpoint ${scope.endpointId}`;
  }
}
