import pg from 'pg';
import { connectionOf } from '../connection.ts';
import { translated } from '../failure.ts';
import { TIMEOUTS } from '../pool.ts';

/** One connection of whoever applies migrations, or asks what is applied; closed in the end. Fails as every operation does (failure.ts). */
export function withMigrationClient<T>(url: string, act: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ ...connectionOf(url), application_name: 'rcm migrations', connectionTimeoutMillis: TIMEOUTS.connect });
  client.on('error', () => {});
  return translated(async () => {
    try {
      await client.connect();
      return await act(client);
    } finally {
      await client.end().catch(() => {});
    }
  });
}
