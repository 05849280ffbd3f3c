import type pg from 'pg';

/** What the database says about one login at the end of a case, read by SQL of its own rather than by the product's functions. */
export interface JournalFacts {
  readonly attempts: readonly AttemptFacts[];
  readonly endpoint: { readonly currentVersion: string | null; readonly status: string | null; readonly rotated: boolean };
  readonly leases: number;
  /** Logins that the ledger knows, and those of them whose end was never written. */
  readonly logins: number;
  readonly unfinishedLogins: number;
}

interface AttemptFacts {
  readonly id: string;
  readonly state: string;
  readonly waitingFrom: string | null;
  readonly ended: boolean;
  readonly detail: string | null;
  readonly baseVersion: string;
  readonly promotedVersion: string | null;
  readonly previousVersion: string | null;
}

/** Reads the facts; the connection is the superuser's, so row level security hides nothing. */
export async function readJournalFacts(pool: pg.Pool, login: { readonly endpointId: string; readonly loginIdentity: string }): Promise<JournalFacts> {
  const [attempts, endpoint, leases, logins] = await Promise.all([
    pool.query<AttemptFacts>(
      `SELECT id::text, state, waiting_from AS "waitingFrom", ended_at IS NOT NULL AS ended, detail, base_version AS "baseVersion",
              promoted_version AS "promotedVersion", previous_version AS "previousVersion" FROM rotation_attempt WHERE login_identity = $1 ORDER BY created_at`,
      [login.loginIdentity],
    ),
    pool.query<JournalFacts['endpoint']>(
      `SELECT current_version AS "currentVersion", rotation_status AS status, last_rotated_at IS NOT NULL AS rotated FROM integration_endpoint WHERE id = $1`,
      [login.endpointId],
    ),
    pool.query<{ count: number }>(`SELECT count(*)::int AS count FROM login_lease WHERE login_identity = $1 AND expires_at > clock_timestamp()`, [
      login.loginIdentity,
    ]),
    pool.query<{ logins: number; unfinished: number }>(
      `SELECT count(*)::int AS logins, (count(*) FILTER (WHERE outcome IS NULL))::int AS unfinished FROM login_attempt WHERE login_identity = $1`,
      [login.loginIdentity],
    ),
  ]);
  const [row] = endpoint.rows;
  if (!row) throw new Error(`the endpoint ${login.endpointId} is gone`);
  return {
    attempts: attempts.rows,
    endpoint: row,
    leases: leases.rows[0]?.count ?? 0,
    logins: logins.rows[0]?.logins ?? 0,
    unfinishedLogins: logins.rows[0]?.unfinished ?? 0,
  };
}
