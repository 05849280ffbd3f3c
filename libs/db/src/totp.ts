import type { Database } from './database.ts';
import { lockIdentity } from './identity.ts';

/** A code typed this late in the last step in which it is accepted (seconds) may arrive when it no longer is. */
const LATE_SECONDS = 3;

/**
 * A step that is further ahead was counted in a shorter period, which the portal type had before: of those that come now none was used. Less than what the least change of a period
 * moves the number of now by. Postgres has it, too (`rcm_bound_totp_step`).
 */
const STEPS_AHEAD = 10_000;

export type TotpReservation =
  | {
      readonly step: number;
      /** How long its code may still be typed, in ms; after that another step is needed. */
      readonly goodForMs: number;
    }
  | { readonly waitMs: number };

/**
 * The step whose code may be typed now, given what was used last; or how long until there is one. The smallest step above `last` that
 * the portal accepts now: the current one, or with skew a later one. Pure, so that it can be tested for every second of a step.
 */
export function nextTotpStep(at: { readonly nowMs: number; readonly last: number; readonly periodSeconds: number; readonly skew: number }): TotpReservation {
  const periodMs = at.periodSeconds * 1000;
  const current = Math.floor(at.nowMs / periodMs);
  const goodForMs = (step: number): number => (step + at.skew + 1) * periodMs - at.nowMs - LATE_SECONDS * 1000;
  const last = at.last > current + at.skew + STEPS_AHEAD ? 0 : at.last;
  const step = Math.max(goodForMs(current) > 0 ? current : current + 1, last + 1);
  if (step <= current + at.skew) return { step, goodForMs: goodForMs(step) };
  return { waitMs: Math.max(1, Math.ceil((step - at.skew) * periodMs - at.nowMs)) };
}

/**
 * Reserves a time-step of a login's TOTP seed: no two callers, in whatever processes, ever get the same one, and they only grow.
 * By Postgres's clock, stored on the identity's row under its lock. A caller told to wait asks again afterwards: somebody may
 * have been faster. Fails with `state_conflict` for an unknown identity.
 */
export async function reserveTotpStep(
  db: Database,
  {
    orgId,
    loginIdentity,
    periodSeconds,
    skew,
  }: { readonly orgId: string; readonly loginIdentity: string; readonly periodSeconds: number; readonly skew: number },
): Promise<TotpReservation> {
  return db.rawTransaction({ tenant: orgId }, async (tx) => {
    const identity = await lockIdentity(tx, loginIdentity);
    const answer = nextTotpStep({ nowMs: identity.now.getTime(), last: Number(identity.lastTotpStep), periodSeconds, skew });
    if ('step' in answer) await tx.$executeRaw`UPDATE login_identity SET last_totp_step = ${answer.step}::bigint WHERE id = ${loginIdentity}`;
    return answer;
  });
}
