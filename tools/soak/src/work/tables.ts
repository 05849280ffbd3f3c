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

/** Reads the tables directly, as the superuser; a restart of Postgres is waited out. */
export interface Tables {
  states(): Promise<EndpointState[]>;
  /** From asking for a task until it was done, at most, in ms. */
  longestWaitMs(): Promise<number>;
  /** Tasks that failed, by the code they failed with. */
  failedTasks(): Promise<readonly { readonly code: string; readonly tasks: number }[]>;
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
    close: () => pool.end(),
  };
}
