import type { TestDatabase } from '../testing.fixture.ts';

/** What people did to the logins of an organization, each with who it was, in their order. */
export async function eventsOfPeople(t: TestDatabase, orgId: string): Promise<string[]> {
  const events = await t.sql<{ said: string }>(
    `SELECT action || ' ' || actor AS said FROM audit_event WHERE org_id = $1 AND actor LIKE 'person:%' ORDER BY seq`,
    [orgId],
  );
  return events.map(({ said }) => said);
}

/** In how many seconds a login is due; `NaN`: it never is. */
export async function secondsUntilDue(t: TestDatabase, endpointId: string): Promise<number> {
  const [row] = await t.sql<{ s: number }>(
    'SELECT extract(epoch FROM next_rotation_at - clock_timestamp())::float8 AS s FROM integration_endpoint WHERE id = $1',
    [endpointId],
  );
  return row?.s ?? Number.NaN;
}
