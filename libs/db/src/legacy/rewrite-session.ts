import pg from 'pg';
import { RcmError } from '@rcm/telemetry';
import { connectionOf } from '../connection.ts';
import { TIMEOUTS } from '../pool.ts';

/** One direct connection for statements that must do what they say. */
export interface RewriteSession {
  query<R extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<R[]>;
  /** A statement whose warning is a failure. Fails with `database_failed` and the server's own words. */
  act(text: string): Promise<void>;
}

/**
 * Of a session `a` of pg_stat_activity: a VACUUM that is at work in it (not FULL, which copies rows) or in its leader has a snapshot, too, and Postgres keeps no dead row for that.
 */
export const NO_LAZY_VACUUM = 'coalesce(a.leader_pid, a.pid) NOT IN (SELECT pid FROM pg_stat_progress_vacuum)';

/**
 * Opens a session, hands it to `act`, and closes it. VACUUM says "permission denied, skipping it" in a mere warning and ends as if it had
 * been done. So the server is told to send warnings and nothing less, and any that comes is a failure, whatever language it is in.
 */
export async function withRewriteSession<T>(
  { url, statementMs, lockMs }: { readonly url: string; readonly statementMs: number; readonly lockMs: number },
  act: (session: RewriteSession) => Promise<T>,
): Promise<T> {
  const warnings: string[] = [];
  const client = new pg.Client({
    ...connectionOf(url),
    application_name: 'rcm storage rewrite',
    connectionTimeoutMillis: TIMEOUTS.connect,
    statement_timeout: statementMs,
    lock_timeout: lockMs,
  });
  client.on('error', () => {});
  client.on('notice', ({ message }) => void warnings.push(message ?? 'a warning without words'));
  try {
    await client.connect();
    await client.query('SET client_min_messages = warning');
    return await act({
      query: async <R extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) => (await client.query<R>(text, [...values])).rows,
      async act(text) {
        warnings.length = 0;
        await client.query(text);
        if (warnings.length > 0) throw new RcmError('database_failed', `Postgres did not do what it was asked (${text}): ${warnings.join('; ')}.`);
      },
    });
  } finally {
    await client.end().catch(() => {});
  }
}
