import { execFileSync } from 'node:child_process';
import { chmod, chown, copyFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCa, makeCertificate, startThrowawayPostgres } from '@rcm/test-services';
import pg from 'pg';

/** A Postgres that speaks TLS, whose certificates are made for the test by openssl. */
export interface TlsServer {
  /** Superuser, at 127.0.0.1, without any parameter. */
  readonly url: string;
  /** CA of the server's certificate, and one that has nothing to do with it. */
  readonly ca: string;
  readonly strangeCa: string;
  /** Shows from now on a certificate for these names. */
  present(names: 'loopback address' | 'localhost only'): Promise<void>;
  close(): Promise<void>;
}

const SUBJECT = { 'loopback address': 'IP:127.0.0.1', 'localhost only': 'DNS:localhost' } as const;

export async function startTlsServer(): Promise<TlsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'rcm-tls-'));
  const server = await startThrowawayPostgres({ folder });
  const [ca, strangeCa] = [makeCa(folder, 'ca'), makeCa(folder, 'strange')];
  const sql = new pg.Client({ connectionString: server.url });
  await sql.connect();
  const data = join(folder, 'data');
  const owner = await stat(data);
  let presented = 0;
  const present: TlsServer['present'] = async (names) => {
    const made = makeCertificate(folder, { name: `server-${(presented += 1)}`, ca, names: SUBJECT[names] });
    for (const [from, to] of [
      [made.cert, 'server.crt'],
      [made.key, 'server.key'],
    ] as const) {
      await copyFile(from, join(data, to));
      await chown(join(data, to), owner.uid, owner.gid);
      await chmod(join(data, to), 0o600);
    }
    await sql.query('ALTER SYSTEM SET ssl = on');
    await sql.query('SELECT pg_reload_conf()');
    // A reload is a signal to the server's first process: a new connection shows when it has been heeded.
    for (;;) if (await offersTls(server.url, made.cert)) return;
  };
  await present('loopback address');
  return {
    url: server.url,
    ca: ca.cert,
    strangeCa: strangeCa.cert,
    present,
    async close() {
      await sql.end();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Whether a new connection is shown exactly this certificate. */
async function offersTls(url: string, cert: string): Promise<boolean> {
  const shown = execFileSync('openssl', ['x509', '-in', cert, '-noout', '-fingerprint', '-sha256'], { encoding: 'utf8' }).trim().split('=')[1];
  let seen = '';
  const client = new pg.Client({ connectionString: url, ssl: { rejectUnauthorized: false } });
  try {
    await client.connect();
    const stream = (client as unknown as { connection: { stream: { getPeerCertificate?(): { fingerprint256?: string } } } }).connection.stream;
    seen = stream.getPeerCertificate?.().fingerprint256 ?? '';
  } catch {
    seen = '';
  } finally {
    await client.end().catch(() => undefined);
  }
  return seen === shown;
}

/** The URL with these parameters. */
export function withParameters(url: string, parameters: Readonly<Record<string, string>>): string {
  const changed = new URL(url);
  for (const [name, value] of Object.entries(parameters)) changed.searchParams.set(name, value);
  return changed.href;
}
