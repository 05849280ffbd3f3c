import { canMakeCertificates } from '@rcm/test-services';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectionOf } from './connection.ts';
import { openDatabase } from './open-database.ts';
import { listenForCredentialChanges } from './credential-changes.ts';
import { startTlsServer, type TlsServer, withParameters } from './tls-server.fixture.ts';

let server: TlsServer;
beforeAll(async () => {
  if (canMakeCertificates()) server = await startTlsServer();
});
afterAll(() => server?.close());

/** Whether the connection is encrypted, as Postgres sees it; or what the caller is told. */
async function connected(url: string): Promise<boolean | string> {
  const db = openDatabase({ url, applicationName: 'tls' });
  try {
    return await db.transaction('no tenant', async (tx) => {
      const [row] = await tx.$queryRaw<{ ssl: boolean }[]>`SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`;
      return row?.ssl ?? 'no row';
    });
  } catch (error) {
    return (error as Error).message;
  } finally {
    await db.close();
  }
}

const verified = (ca: string) => withParameters(server.url, { sslmode: 'verify-full', sslrootcert: ca });

// Where there is no openssl to make certificates with, the URLs alone are looked at (connection.unit.test.ts).
describe.runIf(canMakeCertificates())('Postgres with TLS', () => {
  it('is used where its certificate is by the CA and for the host', async () => {
    expect(await connected(verified(server.ca))).toBe(true);
    expect(await connected(server.url)).toBe(false);
  });

  it('is not used where the CA is another, or none is named', async () => {
    expect(await connected(verified(server.strangeCa))).toContain('its certificate is not by a CA known here (RCM_DATABASE_CA_FILE)');
    expect(await connected(withParameters(server.url, { sslmode: 'verify-full' }))).toContain('its certificate is not by a CA known here');
  });

  it('is not used where its certificate is for another host', async () => {
    await server.present('localhost only');
    expect(await connected(verified(server.ca))).toContain('or not for the host in its URL');
    expect(await connected(verified(server.ca).replace('127.0.0.1', 'localhost'))).toBe(true);
    await server.present('loopback address');
  });

  it('whose TLS somebody takes away is not used', async () => {
    const sql = new pg.Client(connectionOf(server.url));
    await sql.connect();
    await sql.query('ALTER SYSTEM SET ssl = off');
    await sql.query('SELECT pg_reload_conf()');
    await expect.poll(() => connected(verified(server.ca)), { timeout: 60_000 }).toContain('it offers no TLS');
    await sql.end();
    await server.present('loopback address');
  });

  it('is listened to by the same rule', async () => {
    const turns: boolean[] = [];
    const listen = async (url: string) => {
      const stop = new AbortController();
      const heard = { onChange: () => undefined, onGap: () => undefined, onListening: (on: boolean) => void turns.push(on), signal: stop.signal };
      const listening = await listenForCredentialChanges({ directUrl: url, applicationName: 'tls' }, heard);
      stop.abort();
      await listening.close();
    };
    await listen(verified(server.strangeCa));
    expect(turns).toEqual([]);
    await listen(verified(server.ca));
    expect(turns[0]).toBe(true);
  });
});

describe.runIf(canMakeCertificates())('what pg makes of a URL by itself', () => {
  const plainly = async (parameters: Readonly<Record<string, string>>): Promise<string> => {
    const client = new pg.Client({ connectionString: withParameters(server.url, parameters) });
    try {
      await client.connect();
      return 'connected';
    } catch (error) {
      return (error as { code?: string }).code ?? 'error';
    } finally {
      await client.end().catch(() => undefined);
    }
  };

  it('connects to a server that nobody has proved, by parameters that this platform refuses', async () => {
    expect(await plainly({})).toBe('connected');
    expect(await plainly({ sslmode: 'no-verify' })).toBe('connected');
    expect(await plainly({ sslmode: 'require', uselibpqcompat: 'true' })).toBe('connected');
    expect(await plainly({ sslmode: 'verify-full', ssl: '0' })).not.toBe('connected');
  });
});
