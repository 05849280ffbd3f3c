import pg from 'pg';

/** How far one endpoint is. */
export interface EndpointState {
  readonly id: string;
  readonly orgId: string;
  /** Rotations that ended as done. */
  readonly rotations: number;
  readonly tasksDone: number;
  /** A rotation is open or due. */
  readonly isRotating: boolean;
  readonly hasOpenTask: boolean;
  /** What is open, in words. */
  readonly open: string;
}

const STATES = `
  SELECT e.id, e.org_id AS "orgId",
         (SELECT count(*) FROM rotation_attempt a WHERE a.login_identity = e.login_identity AND a.state = 'done')::int AS rotations,
         (SELECT count(*) FROM portal_task t WHERE t.endpoint_id = e.id AND t.state = 'succeeded')::int AS "tasksDone",
         EXISTS (SELECT FROM rotation_attempt a WHERE a.login_identity = e.login_identity AND a.ended_at IS NULL) OR e.next_rotation_at <= now() AS "isRotating",
         EXISTS (SELECT FROM portal_task t WHERE t.endpoint_id = e.id AND t.state IN ('queued', 'running')) AS "hasOpenTask",
         concat_ws('; ', (SELECT format('rotation %s of %s since %s%s', a.state, a.owner, a.updated_at::time(0), ': ' || a.detail)
                            FROM rotation_attempt a WHERE a.login_identity = e.login_identity AND a.ended_at IS NULL),
                   (SELECT string_agg(format('task %s after %s tries, %s', t.state, t.tries, coalesce(t.requeue_reason, 'not put off')), '; ')
                      FROM portal_task t WHERE t.endpoint_id = e.id AND t.state IN ('queued', 'running'))) AS open
    FROM integration_endpoint e ORDER BY e.id`;

const LONGEST_WAIT = `SELECT coalesce(max(extract(epoch FROM finished_at - created_at)) * 1000, 0)::float8 AS ms FROM portal_task WHERE state = 'succeeded'`;

const FAILED = `SELECT coalesce(error_code, 'none') AS code, count(*)::int AS tasks FROM portal_task WHERE state = 'failed' GROUP BY 1 ORDER BY 1`;

const STORY = `
  SELECT to_char(at AT TIME ZONE 'UTC', 'HH24:MI:SS.MS') || ' ' || words AS line FROM (
    SELECT created_at AS at, format('rotation %s began (%s)', left(id::text, 8), reason) AS words
      FROM rotation_attempt WHERE login_identity = (SELECT login_identity FROM integration_endpoint WHERE id = $1)
    UNION ALL
    SELECT updated_at, concat_ws(', ', format('rotation %s is %s', left(id::text, 8), state), 'waiting from ' || waiting_from, 'until ' || waiting_until, detail)
      FROM rotation_attempt WHERE login_identity = (SELECT login_identity FROM integration_endpoint WHERE id = $1)
    UNION ALL
    SELECT started_at, concat_ws(', ', format('login by %s with version %s', actor, version), 'of rotation ' || left(rotation_attempt_id::text, 8),
                                 coalesce(outcome, 'no outcome') || coalesce(' at ' || finished_at::time(3), ''), effect, 'cools down until ' || rests_until)
      FROM login_attempt WHERE login_identity = (SELECT login_identity FROM integration_endpoint WHERE id = $1)
  ) AS happened ORDER BY at DESC LIMIT 60`;

/** Reads the tables directly, as the superuser; a restart of Postgres is waited out. */
export interface Tables {
  states(): Promise<EndpointState[]>;
  /** From asking for a task until it was done, at most, in ms. */
  longestWaitMs(): Promise<number>;
  /** Tasks that failed, by the code they failed with. */
  failedTasks(): Promise<readonly { readonly code: string; readonly tasks: number }[]>;
  /** What the ledger and the journal know of one login, a line each, the latest first. */
  story(id: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

export function openTables(url: string): Tables {
  const pool = new pg.Pool({ connectionString: url, max: 2, connectionTimeoutMillis: 10_000, statement_timeout: 30_000 });
  // A lost connection shows at the next query; without a listener it would end the process.
  pool.on('error', () => undefined);
  return {
    states: async () => (await pool.query<EndpointState>(STATES)).rows,
    longestWaitMs: async () => Math.round((await pool.query<{ ms: number }>(LONGEST_WAIT)).rows[0]?.ms ?? 0),
    failedTasks: async () => (await pool.query<{ code: string; tasks: number }>(FAILED)).rows,
    story: async (id) => (await pool.query<{ line: string }>(STORY, [id])).rows.map(({ line }) => line),
    close: () => pool.end(),
  };
}
