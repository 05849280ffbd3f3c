import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

// A client that said goodbye is listed until the server has read it.
const GRACE_MS = 2_000;
const POLL_MS = 25;

/** The sessions that are still open on a database after a grace of 2 s, as `name (state)`. */
export async function openSessions(client: pg.Client, database: string): Promise<string[]> {
  const until = Date.now() + GRACE_MS;
  for (;;) {
    const sessions = await client.query<{ name: string; state: string | null }>(
      "SELECT application_name AS name, state FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'",
      [database],
    );
    if (sessions.rows.length === 0 || Date.now() > until) return sessions.rows.map(({ name, state }) => `${name || 'unnamed'} (${state ?? 'unknown'})`);
    await sleep(POLL_MS);
  }
}
