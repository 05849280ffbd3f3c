import pg from 'pg';

/** How far one endpoint is, as the tables say. */
export interface EndpointState {
  readonly id: string;
  readonly orgId: string;
  readonly rotated: boolean;
  /** A rotation waits for a person. */
  readonly blocked: boolean;
  /** A task that was asked for since `since` is not finished. */
  readonly busy: boolean;
  /** Tasks that succeeded since `since`. */
  readonly done: number;
  /** One of them began after the last rotation. */
  readonly usedAfterRotation: boolean;
}

const QUERY = `
  SELECT e.id, e.org_id AS "orgId", e.last_rotated_at IS NOT NULL AS rotated, coalesce(e.rotation_status = 'failed', false) AS blocked,
         coalesce(bool_or(t.state IN ('queued', 'running')), false) AS busy,
         (count(t.id) FILTER (WHERE t.state = 'succeeded' AND t.started_at >= $1))::int AS done,
         coalesce(bool_or(t.state = 'succeeded' AND t.started_at >= greatest(e.last_rotated_at, $1)), false) AND e.last_rotated_at IS NOT NULL AS "usedAfterRotation"
    FROM integration_endpoint e
    LEFT JOIN portal_task t ON t.org_id = e.org_id AND t.endpoint_id = e.id AND t.created_at >= $1
   WHERE e.retired_at IS NULL
   GROUP BY e.id ORDER BY e.id`;

export type EndpointStates = Awaited<ReturnType<typeof openEndpointStates>>;

/** Reads the state of all endpoints that somebody uses on one connection of its own. */
export async function openEndpointStates(url: string) {
  const client = new pg.Client({ connectionString: url, application_name: 'rcm-platform-state', statement_timeout: 30_000, connectionTimeoutMillis: 10_000 });
  // A lost connection shows at the next query; without a listener it would end the process.
  client.on('error', () => {});
  await client.connect();
  const { rows } = await client.query<{ now: string }>('SELECT clock_timestamp()::text AS now');
  const since = rows[0]!.now;
  return {
    /** Only tasks asked for since this run began count: an agent that was killed may have left some that nobody works on yet. */
    read: async (): Promise<EndpointState[]> => (await client.query<EndpointState>(QUERY, [since])).rows,
    close: (): Promise<void> => client.end(),
  };
}
