import type { Database, Transaction } from '../database.ts';
import type { Automation } from '../endpoints/endpoint.ts';
import { checkId } from '../input.ts';
import { NO_OLD_READERS } from '../legacy/old-readers.ts';
import type { Scope } from '../scope.ts';
import { KEPT_BY_PROGRAM, VERIFY_AT } from '../upkeep/lapses.ts';
import { budgetRefusal, failuresLeft, ledgerState } from '../ledger/budget.ts';
import { type FleetLogin, LOGIN_COLUMNS, LOGIN_TABLES } from './login.ts';

/** One line of the ledger that says that the portal did not let somebody in. */
export interface Refused {
  readonly at: Date;
  readonly outcome: string;
  readonly effect: string | null;
  readonly by: string;
  readonly version: string;
}

export interface LoginBudget {
  /** How many failures we may still cause; 0 while locked or throttled. */
  readonly failuresLeft: number;
  readonly of: number;
  readonly why: 'locked' | 'throttled' | 'budget_spent' | null;
  /** When that gets better; `null`: not by waiting, or it is whole. */
  readonly until: Date | null;
}

/** Everything that the books know of one login now. */
export interface LoginInFull extends FleetLogin {
  readonly portalName: string;
  /** Whether its portal type's terms let a program log in; `null`: nobody has decided. */
  readonly automation: Automation | null;
  readonly secretArn: string | null;
  readonly currentVersion: string | null;
  /** Until when a rotation that failed or was put off cools down. */
  readonly rotationNotBefore: Date | null;
  readonly searchWantedAt: Date | null;
  /** When a login that nobody uses until then is made to see whether what is stored is accepted; `null`: its portal type does not ask for it, or no program may. */
  readonly verifyAt: Date | null;
  /** Plaintext of its account lies in a row that somebody may still read, so it is not rotated. */
  readonly oldReaders: boolean;
  readonly lastRefused: Refused | null;
  /** `null` where the login is not stored yet. */
  readonly budget: LoginBudget | null;
  /** What its secret had left when one was last typed; `null`: none was. */
  readonly backupCodes: { readonly left: number; readonly at: Date } | null;
  readonly attempt: {
    readonly id: string;
    readonly state: string;
    readonly reason: string;
    readonly owner: string;
    readonly detail: string | null;
    readonly since: Date;
    readonly waitingUntil: Date | null;
  } | null;
  readonly leases: readonly { readonly kind: string; readonly holder: string; readonly since: Date; readonly until: Date }[];
  readonly waitingTasks: readonly {
    readonly id: string;
    readonly name: string;
    readonly notBefore: Date;
    readonly why: string | null;
    readonly deadlineAt: Date;
  }[];
  readonly pauses: readonly { readonly scope: 'all' | 'portal_type' | 'login'; readonly actor: string; readonly reason: string; readonly since: Date }[];
  readonly portalStopped: { readonly since: Date; readonly cause: string | null } | null;
  readonly notifications: readonly { readonly kind: string; readonly detail: string | null; readonly at: Date }[];
  /** Other endpoints with the same account. */
  readonly alsoAt: readonly string[];
}

const TASKS_SHOWN = 20;
const NOTIFICATIONS_SHOWN = 5;

/** Whoever's login it is, or only a tenant's where `scope` says so; `null`: there is no such endpoint. For `rcm_operator`, `rcm_console`. Fails with `input_invalid`. */
export async function showLogin(
  db: Database,
  { endpointId, scope = 'every tenant' }: { readonly endpointId: string; readonly scope?: Scope },
): Promise<LoginInFull | null> {
  checkId('endpointId', endpointId);
  const seen = await db.transaction(scope, async (tx) => {
    const [login] = await tx.$queryRaw<
      (FleetLogin &
        Pick<LoginInFull, 'portalName' | 'automation' | 'secretArn' | 'currentVersion' | 'rotationNotBefore' | 'searchWantedAt' | 'verifyAt' | 'oldReaders'>)[]
    >`
      SELECT ${LOGIN_COLUMNS}, p.name AS "portalName", p.automation, e.secret_arn AS "secretArn", e.current_version AS "currentVersion",
             e.rotation_not_before AS "rotationNotBefore", e.search_wanted_at AS "searchWantedAt", NOT (${NO_OLD_READERS}) AS "oldReaders",
             CASE WHEN p.verify_every_days IS NOT NULL AND ${KEPT_BY_PROGRAM} THEN ${VERIFY_AT} END AS "verifyAt"
        FROM integration_endpoint e ${LOGIN_TABLES} WHERE e.id = ${endpointId}`;
    return login ? { ...login, ...(await besides(tx, login)) } : null;
  });
  if (!seen) return null;
  const { loginIdentity } = seen;
  // The ledger answers to the tenant that has the login.
  const state = loginIdentity === null ? null : await db.transaction({ tenant: seen.orgId }, (tx) => ledgerState(tx, loginIdentity));
  if (!state) return { ...seen, budget: null };
  const refusal = budgetRefusal(state);
  const left = refusal ? 0 : failuresLeft(state);
  return {
    ...seen,
    budget: { failuresLeft: left, of: state.limits.budget, why: refusal?.reason ?? null, until: refusal ? refusal.until : state.oldestLeavesAt },
  };
}

type Besides = Pick<
  LoginInFull,
  'lastRefused' | 'backupCodes' | 'attempt' | 'leases' | 'waitingTasks' | 'pauses' | 'portalStopped' | 'notifications' | 'alsoAt'
>;

async function besides(tx: Transaction, { id, orgId, portalTypeCode, loginIdentity }: FleetLogin): Promise<Besides> {
  const [lastRefused] = await tx.$queryRaw<Refused[]>`
    SELECT a.started_at AS at, a.outcome, a.effect, coalesce(a.process, a.actor) AS by, a.version FROM login_attempt a
     WHERE a.login_identity = ${loginIdentity} AND (a.effect IN ('suspect', 'bad') OR a.outcome = 'locked') ORDER BY a.started_at DESC LIMIT 1`;
  const [backupCodes] = await tx.$queryRaw<NonNullable<Besides['backupCodes']>[]>`
    SELECT s.left_then AS left, s.spent_at AS at FROM backup_code_spent s
     WHERE s.org_id = ${orgId} AND s.endpoint_id = ${id} AND s.left_then IS NOT NULL ORDER BY s.spent_at DESC LIMIT 1`;
  const [attempt] = await tx.$queryRaw<NonNullable<Besides['attempt']>[]>`
    SELECT r.id::text AS id, r.state, r.reason, r.owner, r.detail, r.updated_at AS since, r.waiting_until AS "waitingUntil"
      FROM rotation_attempt r WHERE r.login_identity = ${loginIdentity} AND r.ended_at IS NULL`;
  const leases = await tx.$queryRaw<Besides['leases'][number][]>`
    SELECT l.kind, l.holder, l.acquired_at AS since, l.expires_at AS until FROM login_lease l
     WHERE l.login_identity = ${loginIdentity} AND l.expires_at > clock_timestamp() ORDER BY l.acquired_at`;
  const waitingTasks = await tx.$queryRaw<Besides['waitingTasks'][number][]>`
    SELECT t.id::text AS id, t.name, t.not_before AS "notBefore", t.requeue_reason AS why, t.deadline_at AS "deadlineAt" FROM portal_task t
     WHERE t.state = 'queued' AND t.org_id = ${orgId} AND coalesce('pool/' || t.portal_type_code, t.endpoint_id) = ${id}
     ORDER BY t.not_before LIMIT ${TASKS_SHOWN}`;
  const pauses = await tx.$queryRaw<Besides['pauses'][number][]>`
    SELECT CASE WHEN x.endpoint_id IS NOT NULL THEN 'login' WHEN x.portal_type_code IS NOT NULL THEN 'portal_type' ELSE 'all' END AS scope, x.actor, x.reason, x.paused_at AS since
      FROM rotation_pause x WHERE x.endpoint_id = ${id} OR x.portal_type_code = ${portalTypeCode} OR (x.endpoint_id IS NULL AND x.portal_type_code IS NULL) ORDER BY x.paused_at`;
  const [portalStopped] = await tx.$queryRaw<NonNullable<Besides['portalStopped']>[]>`
    SELECT g.opened_at AS since, g.cause FROM portal_gate g WHERE g.portal_type_code = ${portalTypeCode} AND g.opened_at IS NOT NULL AND g.closed_at IS NULL`;
  const notifications = await tx.$queryRaw<Besides['notifications'][number][]>`
    SELECT n.kind, n.detail, n.created_at AS at FROM notice n WHERE n.org_id = ${orgId} AND n.endpoint_id = ${id} ORDER BY n.created_at DESC LIMIT ${NOTIFICATIONS_SHOWN}`;
  const others = await tx.$queryRaw<{ id: string }[]>`
    SELECT o.id FROM integration_endpoint o WHERE o.login_identity = ${loginIdentity} AND o.id <> ${id} ORDER BY o.id LIMIT ${TASKS_SHOWN}`;
  return {
    lastRefused: lastRefused ?? null,
    backupCodes: backupCodes ?? null,
    attempt: attempt ?? null,
    leases,
    waitingTasks,
    pauses,
    portalStopped: portalStopped ?? null,
    notifications,
    alsoAt: others.map((other) => other.id),
  };
}
