import { Prisma } from '../generated/client.ts';
import { SECOND_PERSON_MS } from './kinds.ts';

/**
 * Of a request `r`: its login stands as it stood when it was asked, where it is about that at all; of `unlocked` and `break_glass` its account is still the one of which that was said.
 * The triggers of the schema ask the same before anybody approves or takes it.
 */
export const HOLDS = Prisma.sql`r.kind NOT IN ('rollback', 'resolve', 'unlocked', 'break_glass') OR (r.login_stood = rcm_request_stands(r.kind, r.org_id, r.endpoint_id)) IS TRUE`;

/**
 * Of a request `r` that has not ended: a password that nobody reads by it any more, as it was taken, its minutes are over, nobody approved it in time, or its login names another account. A rotator ends it; whoever needs the
 * password, on a day on which there may be none, asks again.
 */
export const IS_OVER = Prisma.sql`r.kind = 'break_glass' AND (r.taken_at IS NOT NULL OR (r.decision IS NULL AND r.asked_at <= clock_timestamp() - make_interval(secs => ${SECOND_PERSON_MS}::float8 / 1000))
  OR (r.decision IS NOT NULL AND r.decided_at <= clock_timestamp() - make_interval(mins => r.minutes)) OR NOT (${HOLDS}))`;
