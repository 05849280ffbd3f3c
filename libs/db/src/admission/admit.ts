import type { Transaction } from '../database.ts';
import { checkMs } from '../input.ts';
import type { AttemptReason } from '../journal/attempt.ts';
import { mayProbe } from './probe.ts';
import { isScheduled, type StartRefusal, type StartRules } from './rules.ts';

export interface Start {
  readonly attemptId: string;
  readonly endpointId: string;
  readonly portalTypeCode: string;
  readonly reason: AttemptReason;
}

interface Admission {
  readonly paused: boolean;
  readonly stopped: boolean;
  readonly mayProbe: boolean;
  readonly canaryToday: boolean;
  readonly canaryState: string | null;
  readonly maintenance: boolean;
  /** The portal type has as many rotations under way as it may. */
  readonly busy: boolean;
}

const NO_RULES: StartRules = { canary: false, probeMs: 0, lastingMs: 0 };

/**
 * Whether this rotation may start now; `null` if so. Part of the transaction that plans it, under the admission's row lock: of two that
 * would both be the day's first, one is. Scheduled ones wait for everything; one that a person asks for passes the canary and the
 * maintenance hours, because the person may know better; nothing passes a pause, and an open breaker lets one through to probe.
 * Without rules only a pause and an open breaker hold it back. How many run at once is counted over all tenants, by a function that tells the number only.
 */
export async function refuseStart(tx: Transaction, start: Start, given: StartRules | null): Promise<StartRefusal | null> {
  const rules = given ?? NO_RULES;
  const admission = await lockAdmission(tx, start, rules);
  const scheduled = isScheduled(start.reason);
  const refusal = heldBack(admission, { scheduled, counts: given !== null });
  if (refusal !== null || !scheduled) return refusal;
  // Once nothing else holds it back: the next probe waits from this one on.
  if (admission.stopped) await tx.$executeRaw`UPDATE portal_gate SET probed_at = clock_timestamp() WHERE portal_type_code = ${start.portalTypeCode}`;
  const canary = canaryFor(admission, rules);
  if (canary === 'awaited') return 'canary';
  if (canary === 'this one')
    await tx.$executeRaw`
    UPDATE portal_gate g SET canary_attempt_id = ${start.attemptId}::uuid, canary_state = 'running',
           canary_day = (SELECT (clock_timestamp() AT TIME ZONE p.maintenance_time_zone)::date FROM portal_type p WHERE p.code = g.portal_type_code)
     WHERE g.portal_type_code = ${start.portalTypeCode}`;
  return null;
}

/** `counts`: how many run at once. */
function heldBack(admission: Admission, { scheduled, counts }: { readonly scheduled: boolean; readonly counts: boolean }): StartRefusal | null {
  if (admission.paused) return 'paused';
  if (admission.stopped && (!scheduled || !admission.mayProbe)) return 'stopped';
  if (!scheduled) return null;
  if (counts && admission.busy) return 'busy';
  return admission.maintenance ? 'maintenance' : null;
}

/** What the day's first rotation means for a scheduled one. Where the breaker is open, a probe does not wait for one that runs: it takes its place. */
function canaryFor({ canaryToday, canaryState, stopped }: Admission, { canary }: StartRules): 'not needed' | 'awaited' | 'this one' {
  if (!canary) return 'not needed';
  if (!canaryToday) return 'this one';
  if (canaryState === 'passed') return 'not needed';
  return canaryState === 'running' && !stopped ? 'awaited' : 'this one';
}

async function lockAdmission(tx: Transaction, start: Start, rules: StartRules): Promise<Admission> {
  await tx.$executeRaw`INSERT INTO portal_gate (portal_type_code) VALUES (${start.portalTypeCode}) ON CONFLICT DO NOTHING`;
  await tx.$queryRaw`SELECT portal_type_code FROM portal_gate WHERE portal_type_code = ${start.portalTypeCode} FOR UPDATE`;
  const probeMs = checkMs('probeMs', rules.probeMs);
  const lastingMs = checkMs('lastingMs', rules.lastingMs);
  // A second statement: the first may have waited, and must not decide by what it saw before.
  const [admission] = await tx.$queryRaw<Admission[]>`
    SELECT EXISTS (SELECT FROM rotation_pause x WHERE (x.portal_type_code IS NULL AND x.endpoint_id IS NULL) OR x.portal_type_code = p.code
                      OR x.endpoint_id = ${start.endpointId}) AS paused,
           g.opened_at IS NOT NULL AND g.closed_at IS NULL AS stopped,
           ${mayProbe(probeMs)} AS "mayProbe",
           coalesce(g.canary_day = (clock_timestamp() AT TIME ZONE p.maintenance_time_zone)::date, false) AS "canaryToday", g.canary_state AS "canaryState",
           rcm_touches_maintenance(p.maintenance_windows, p.maintenance_time_zone, clock_timestamp(), make_interval(secs => ${lastingMs}::float8 / 1000)) AS maintenance,
           rcm_rotations_under_way(p.code) >= p.max_concurrency AS busy
      FROM portal_gate g JOIN portal_type p ON p.code = g.portal_type_code WHERE g.portal_type_code = ${start.portalTypeCode}`;
  if (!admission) throw new Error('the admission that was just made is gone');
  return admission;
}
