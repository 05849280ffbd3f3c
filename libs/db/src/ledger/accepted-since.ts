import type { Database } from '../database.ts';
import { timestamp } from '../input.ts';
import type { Fingerprints } from './password.ts';

interface Asked {
  readonly orgId: string;
  readonly loginIdentity: string;
  /** Of every password that is meant, by each known key. */
  readonly fingerprints: Fingerprints;
  readonly since: Date;
}

/**
 * Whether the last password that the portal took from the organization since a moment is none of these: then it was changed, by whomever. `false` where it took none since, or
 * where it is forgotten which one it was. The last is the one that has the highest number, of those of the last day by the clock: it was set back by no more
 * (docs/adr/0042-a-window-is-over-by-either-clock.md), and none of the login's older ones need be read.
 */
export async function acceptedAnother(db: Database, { orgId, loginIdentity, fingerprints, since }: Asked): Promise<boolean> {
  const [last] = await db.rawTransaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<{ another: boolean | null }[]>`
      SELECT a.fingerprint <> ALL (${[...fingerprints]}::text[]) AS another FROM login_attempt a
       WHERE a.login_identity = ${loginIdentity} AND a.org_id = ${orgId} AND (a.proved OR a.outcome = 'accepted')
         AND a.started_at >= greatest(${timestamp(since)}::timestamptz, (
               SELECT max(l.started_at) FROM login_attempt l
                WHERE l.login_identity = ${loginIdentity} AND l.org_id = ${orgId} AND (l.proved OR l.outcome = 'accepted')) - interval '1 day')
       ORDER BY a.begun_no DESC NULLS LAST, a.started_at DESC LIMIT 1`,
  );
  return last?.another ?? false;
}
