import { randomUUID } from 'node:crypto';
import { makeEndpoint, openTestDatabase, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';

/** Four tenants, three portals with limits of every kind, pools, and a login that two tenants have. */
export interface TurnsEnvironment {
  readonly t: TestDatabase;
  readonly endpoints: readonly TestEndpoint[];
  readonly portals: readonly string[];
  /** A queued task in `delay`; `pool`: for any account of that endpoint's tenant at its portal. */
  ask(endpoint: TestEndpoint, how: { readonly pool: boolean; readonly delay: string; readonly deadline: string }): Promise<void>;
  /** As if the clock had gone on: what is written is so much older, without a statement that anybody would be told of. */
  pass(time: string): Promise<void>;
  /** Nothing waits, and nobody was ever served. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export async function openTurnsEnvironment(): Promise<TurnsEnvironment> {
  const t = await openTestDatabase();
  const portals = ['wide', 'narrow', 'double'];
  const limits = [
    { maxSessionsPerAccount: 1, maxTaskConcurrency: null },
    { maxSessionsPerAccount: 1, maxTaskConcurrency: 2 },
    { maxSessionsPerAccount: 2, maxTaskConcurrency: null },
  ];
  const endpoints: TestEndpoint[] = [];
  for (const orgId of ['a', 'b', 'c', 'd'])
    for (const [place, code] of portals.entries())
      for (let i = 0; i < (orgId === 'a' ? 3 : 1); i += 1) endpoints.push(await makeEndpoint(t.db, { orgId, portal: { code, ...limits[place] } }));
  const [one] = endpoints;
  if (one)
    for (const orgId of ['c', 'd'])
      endpoints.push(await makeEndpoint(t.db, { orgId, loginIdentity: one.loginIdentity, portal: { code: 'wide', ...limits[0] } }));
  return {
    t,
    endpoints,
    portals,
    ask: async ({ orgId, endpointId }, { pool, delay, deadline }) =>
      void (await t.sql(
        `INSERT INTO portal_task (id, org_id, endpoint_id, portal_type_code, name, not_before, deadline_at)
         SELECT $1::uuid, e.org_id, CASE WHEN $4 THEN NULL ELSE e.id END, CASE WHEN $4 THEN e.portal_type_code END, 'n', clock_timestamp() + $5::interval, clock_timestamp() + $6::interval
           FROM integration_endpoint e WHERE e.org_id = $2 AND e.id = $3`,
        [randomUUID(), orgId, endpointId, pool, delay, deadline],
      )),
    pass: async (time) => void (await t.sql(passed(time))),
    clear: async () =>
      void (await t.sql(`DELETE FROM portal_task; UPDATE task_tenant SET served_at = NULL; UPDATE task_turn SET served_at = NULL;
                                          UPDATE integration_endpoint SET rotation_status = 'active'`)),
    close: () => t.close(),
  };
}

/** Every instant that is kept anywhere for tasks. */
const INSTANTS: Readonly<Record<string, readonly string[]>> = {
  portal_task: ['not_before', 'deadline_at', 'claimed_until', 'created_at', 'started_at', 'finished_at'],
  task_tenant: ['served_at', 'expires_at'],
  task_turn: ['served_at', 'waits_since'],
  task_queue: ['due_at'],
};

const passed = (time: string): string =>
  [
    `SET LOCAL session_replication_role = 'replica'`,
    ...Object.entries(INSTANTS).map(
      ([table, columns]) => `UPDATE ${table} SET ${columns.map((column) => `${column} = ${column} - interval '${time}'`).join(', ')}`,
    ),
  ].join('; ');
