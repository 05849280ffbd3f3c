import pg from 'pg';

/** What people have done on a kept folder beside what a run does: logins of their own (docs/walk.md), and passwords that were none. */
export interface ByPeople {
  /** Endpoints that were not seeded. */
  readonly endpoints: number;
  /** Logins that were refused at these, or with what somebody had typed. */
  readonly refused: number;
}

const QUERY = `
  SELECT (SELECT count(*)::int FROM integration_endpoint e WHERE e.id <> ALL ($1)) AS endpoints,
         (SELECT count(*)::int FROM login_attempt a WHERE a.outcome IN ('rejected', 'rejected_or_locked')
            AND (a.endpoint_id <> ALL ($1) OR (a.version LIKE 'staged:%' AND a.rotation_attempt_id IS NULL))) AS refused`;

/** `seeded`: the ids of what the runs have made. */
export async function readByPeople(url: string, seeded: readonly string[]): Promise<ByPeople> {
  const client = new pg.Client({ connectionString: url, application_name: 'rcm-platform-people', statement_timeout: 30_000, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    const { rows } = await client.query<ByPeople>(QUERY, [seeded]);
    return rows[0] ?? { endpoints: 0, refused: 0 };
  } finally {
    await client.end();
  }
}
