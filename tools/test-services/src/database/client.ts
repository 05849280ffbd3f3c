import pg from 'pg';

/** A session of Postgres that ends when it is disposed of. */
export type OpenClient = pg.Client & AsyncDisposable;

export async function openClient(url: string, settings: pg.ClientConfig = {}): Promise<OpenClient> {
  const client = new pg.Client({ connectionString: url, ...settings });
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}
