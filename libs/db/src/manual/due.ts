import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import { BY_HAND } from './by-hand.ts';

/**
 * Logins of portals that people rotate, whose time has come: they say `pending` from here on, and people are told once per due date.
 * One statement, so a login is never pending without a notification. Returns how many were new.
 */
export async function markManualDue(db: Database): Promise<number> {
  return byIndex(
    db,
    'every tenant',
    (tx) => tx.$executeRaw`
      WITH due AS (
        UPDATE integration_endpoint e SET rotation_status = 'pending', updated_at = clock_timestamp() FROM portal_type p
         WHERE e.id = ANY (ARRAY(SELECT w.endpoint_id FROM manual_watch w WHERE w.due_at <= now()))
           AND p.code = e.portal_type_code AND ${BY_HAND} AND e.secret_arn IS NOT NULL AND e.next_rotation_at <= now()
           AND e.rotation_status IS DISTINCT FROM 'pending'
           AND NOT EXISTS (SELECT FROM rotation_attempt a WHERE a.login_identity = e.login_identity AND a.ended_at IS NULL)
        RETURNING e.id, e.org_id, e.portal_type_code, e.next_rotation_at)
      INSERT INTO notice (kind, dedup_key, org_id, endpoint_id, portal_type_code, detail)
      SELECT 'manual_due', 'manual_due:' || d.id || ':' || d.next_rotation_at::date, d.org_id, d.id, d.portal_type_code, 'due since ' || d.next_rotation_at::date FROM due d
      ON CONFLICT DO NOTHING`,
  );
}
