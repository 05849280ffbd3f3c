import type { Database } from '@rcm/db';
import { hasCode } from '@rcm/telemetry';
import type { TestEnvironment } from '@rcm/test-environment';

/** Everything that Postgres has a time of, but for leases, tasks' deadlines and the audit trail. */
const AGED = ['integration_endpoint', 'login_attempt', 'login_clearance', 'rotation_attempt', 'portal_gate', 'notice', 'database_restore'];

/** Where time passes: in the database, and at the portals of the test environment. */
export interface Drilled {
  readonly db: Database;
  readonly testEnvironment: TestEnvironment;
}

/**
 * So much time passes at the portals and in the database, where at this moment nobody holds a login or writes anything; whether it did. Nobody begins anything while one of the two
 * is ahead of the other.
 */
export async function pass({ db, testEnvironment }: Drilled, ms: number): Promise<boolean> {
  const seconds = ms / 1_000;
  const passing = db.transaction('every tenant', async (tx) => {
    const [all] = await tx.$queryRaw<{ tables: string }[]>`
      SELECT string_agg(quote_ident(table_name), ', ') AS tables FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`;
    await tx.$executeRawUnsafe(`LOCK TABLE ${all?.tables ?? ''} IN EXCLUSIVE MODE NOWAIT`);
    const [held] = await tx.$queryRaw<{ n: number }[]>`SELECT count(*)::int AS n FROM login_lease WHERE expires_at > clock_timestamp()`;
    if (held?.n !== 0) return false;
    const columns = await tx.$queryRaw<{ relation: string; name: string }[]>`
      SELECT table_name::text AS relation, column_name::text AS name FROM information_schema.columns
       WHERE table_schema = 'public' AND data_type = 'timestamp with time zone' AND table_name = ANY (${AGED})`;
    for (const { relation, name } of columns)
      await tx.$executeRawUnsafe(`UPDATE ${relation} SET ${name} = ${name} - make_interval(secs => $1::float8)`, seconds);
    await tx.$executeRaw`UPDATE portal_task SET not_before = not_before - make_interval(secs => ${seconds}::float8) WHERE state = 'queued'`;
    await testEnvironment.portals.advance(ms);
    return true;
  });
  return passing.catch((error: unknown) => {
    if (hasCode(error, 'database_unavailable')) return false;
    throw error;
  });
}
