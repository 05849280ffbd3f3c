import { listLeases, listWriterIntents } from '@rcm/db/leases';
import { countHeldByOldReaders } from '@rcm/db/migration';
import { listNotifications } from '@rcm/db/notifications';
import { listAttempts, listAdmissions, listPauses, listSharedIdentities, rotationCounts } from '@rcm/db/rotation';
import { howMany, pausedWhy, stoppedWhy, WHY_WAITS } from '@rcm/fleet';
import { type CommandContext, print } from './command.ts';

const SHOWN = 200;
const NOTIFICATIONS_SHOWN = 20;
const OPEN = ['planned', 'staged', 'submitting', 'applied', 'verified', 'promoted', 'waiting', 'blocked'] as const;

/** `status`: who holds what since when, what is open, paused or stopped, and what people were told. Reads only. */
export async function statusCommand(context: CommandContext): Promise<number> {
  const { db } = context.opened;
  const [counts, leases, writerIntents, open, pauses, admissions, shared, oldReaders, notifications] = await Promise.all([
    rotationCounts(db),
    listLeases(db),
    listWriterIntents(db),
    listAttempts(db, { limit: SHOWN, states: OPEN }),
    listPauses(db),
    listAdmissions(db),
    listSharedIdentities(db, { limit: SHOWN }),
    countHeldByOldReaders(db),
    listNotifications(db, { limit: NOTIFICATIONS_SHOWN }),
  ]);
  const status = {
    counts,
    attempts: open.map((a) => ({
      attemptId: a.id,
      endpointId: a.endpointId,
      state: a.state,
      ...(a.waitingFrom ? { waitingFrom: a.waitingFrom, waitingUntil: a.waitingUntil?.toISOString() ?? null } : {}),
      owner: a.owner,
      reason: a.reason,
      detail: a.detail,
      since: a.updatedAt.toISOString(),
    })),
    leases: leases.map((l) => ({
      endpointId: l.endpointId,
      kind: l.kind,
      holder: l.holder,
      since: l.acquiredAt.toISOString(),
      until: l.expiresAt.toISOString(),
    })),
    writerIntents: writerIntents.map((w) => ({ endpointIds: w.endpointIds, wantedBy: w.wantedBy, since: w.since.toISOString() })),
    pauses: pauses.map((p) => ({ ...p.scope, actor: p.actor, reason: p.reason, since: p.pausedAt.toISOString() })),
    portalTypes: admissions.map((g) => ({
      portalType: g.portalTypeCode,
      canary: g.canary,
      stopped: g.breaker && {
        since: g.breaker.openedAt.toISOString(),
        cause: g.breaker.cause,
        detail: g.breaker.detail,
        probedAt: g.breaker.probedAt?.toISOString() ?? null,
      },
    })),
    oldReaders,
    shared: shared.map(({ endpointIds, organizations, secrets }) => ({ endpointIds, organizations, secrets })),
    notices: notifications.map((n) => ({
      kind: n.kind,
      endpointId: n.endpointId,
      portalType: n.portalTypeCode,
      detail: n.detail,
      at: n.createdAt.toISOString(),
    })),
  };
  print(context, status, linesFor(status));
  return 0;
}

interface Shown {
  readonly counts: { readonly done: number; readonly abandoned: number; readonly blocked: number; readonly open: number };
  readonly attempts: readonly {
    readonly endpointId: string;
    readonly state: string;
    readonly waitingFrom?: string;
    readonly waitingUntil?: string | null;
    readonly owner: string;
    readonly detail: string | null;
    readonly since: string;
  }[];
  readonly leases: readonly { readonly endpointId: string; readonly kind: string; readonly holder: string; readonly since: string }[];
  readonly writerIntents: readonly { readonly endpointIds: readonly string[]; readonly wantedBy: string; readonly since: string }[];
  readonly pauses: readonly {
    readonly kind: string;
    readonly portalTypeCode?: string;
    readonly endpointId?: string;
    readonly actor: string;
    readonly reason: string;
    readonly since: string;
  }[];
  readonly portalTypes: readonly {
    readonly portalType: string;
    readonly canary: { readonly state: string } | null;
    readonly stopped: { readonly since: string; readonly cause: string; readonly detail: string | null } | null;
  }[];
  readonly oldReaders: { readonly held: number; readonly due: number };
  readonly shared: readonly { readonly endpointIds: readonly string[]; readonly organizations: number }[];
  readonly notices: readonly { readonly kind: string; readonly endpointId: string | null; readonly portalType: string | null; readonly at: string }[];
}

const scopeOf = ({ endpointId, portalTypeCode }: Shown['pauses'][number]) => (endpointId ? 'login' : portalTypeCode ? 'portal_type' : 'all');

function linesFor(s: Shown): string[] {
  return [
    `rotations: ${s.counts.done} done, ${s.counts.abandoned} abandoned, ${howMany(s.counts.blocked)} blocked, ${howMany(s.counts.open)} open`,
    ...s.attempts.map(
      (a) =>
        `  ${a.endpointId}  ${a.state}${a.waitingFrom ? ` (from ${a.waitingFrom}${a.waitingUntil ? ` until ${a.waitingUntil}` : ''})` : ''} since ${a.since}  ${a.owner}  ${a.detail ?? ''}`,
    ),
    `logins in use: ${howMany(s.leases.length)}`,
    ...s.leases.slice(0, SHOWN).map((l) => `  ${l.endpointId}  ${l.kind} by ${l.holder} since ${l.since}`),
    ...(s.leases.length > SHOWN ? [`  and others: --json has ${howMany(s.leases.length)}`] : []),
    ...s.writerIntents.map((w) => `  ${w.endpointIds.join(', ')}  wanted by ${w.wantedBy} since ${w.since}`),
    `paused: ${s.pauses.length}`,
    ...s.pauses.map((p) => `  ${p.endpointId ?? p.portalTypeCode ?? 'all'}  ${pausedWhy(scopeOf(p), p.reason)}, by ${p.actor} since ${p.since}`),
    `portal types stopped: ${s.portalTypes.filter((t) => t.stopped).length}`,
    ...s.portalTypes.map(
      (t) =>
        `  ${t.portalType}  ${t.stopped ? `since ${t.stopped.since}  ${stoppedWhy(t.stopped.cause)}, ${t.stopped.detail ?? ''}` : `today's first rotation ${t.canary?.state ?? 'is still to come'}`}`,
    ),
    ...(s.shared.length > 0
      ? [`logins that wait: ${WHY_WAITS.shared}`, ...s.shared.map((x) => `  ${x.endpointIds.join(', ')} (${x.organizations} organizations)`)]
      : []),
    ...(s.oldReaders.held > 0
      ? [
          `logins that wait: ${howMany(s.oldReaders.held)}, of which ${s.oldReaders.due} are due: ${WHY_WAITS.oldReaders} (\`migrator scrub\`, or \`migrator old-readers-gone\`)`,
        ]
      : []),
    `notifications: ${s.notices.length === 0 ? 'none' : ''}`,
    ...s.notices.map((n) => `  ${n.at}  ${n.kind}  ${n.endpointId ?? n.portalType ?? ''}`),
  ];
}
