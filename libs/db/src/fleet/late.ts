import { Prisma } from '../generated/client.ts';

/**
 * Condition on endpoints `e` of portal types `p`: the rotation has been due for more than a day. What was put off or tried in vain has a new date each time, within a day; of that
 * the moment counts at which it was due at the latest, by the password's age. How old one is that was never rotated is not known: it is at least as old as its row's secret.
 * A date that was brought forward counts until it is first put off.
 */
export const IS_LATE = Prisma.sql`(
  e.secret_arn IS NOT NULL AND e.next_rotation_at <= now() + interval '1 day'
  AND (e.next_rotation_at <= now() - interval '1 day'
       OR (e.rotation_not_before IS NOT NULL
           AND coalesce(e.last_rotated_at, e.secret_taken_at, e.created_at) + make_interval(days => least(p.rotation_interval_days, p.password_expires_days - p.expiry_head_start_days))
               <= now() - interval '1 day')))`;
