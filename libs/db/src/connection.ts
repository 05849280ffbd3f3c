import { readFileSync } from 'node:fs';
import { isLoopback, RcmError } from '@rcm/telemetry';
import type pg from 'pg';

/** How one URL is connected to: what `pg` is given, so that nothing is left to its own reading of the URL or of the environment. */
export type Connection = Pick<pg.ClientConfig, 'connectionString' | 'ssl'>;

/** What a URL says of protection. */
interface Read {
  readonly url: URL;
  readonly isLocal: boolean;
  readonly mode: string | null;
}

/** Parameters by which a URL could say something else about protection or the other end than it seems to. */
const MISLEADING = ['ssl', 'uselibpqcompat', 'hostaddr', 'port'];
const FILES = { ca: 'sslrootcert', cert: 'sslcert', key: 'sslkey' } as const;

/** Why a database URL may not be used; `null` where it may. Plain text to another machine must be allowed by the deployment, and said by the URL. */
export function connectionProblem(url: string, options: { readonly plaintextAllowed: boolean }): string | null {
  const read = readUrl(url);
  if (read === null) return 'must be a postgresql:// URL';
  const misleading = MISLEADING.find((name) => read.url.searchParams.has(name));
  if (misleading !== undefined) return `must not have the parameter ${misleading}; say sslmode=verify-full, and the port after the host`;
  if (read.mode === 'verify-full') return null;
  if (read.mode !== null && read.mode !== 'disable')
    return `has sslmode=${/^[a-z-]{1,20}$/.test(read.mode) ? read.mode : '…'}, which does not prove whom it talks to; say sslmode=verify-full, and name the server's CA in RCM_DATABASE_CA_FILE`;
  if (read.isLocal) return null;
  if (!options.plaintextAllowed)
    return "leads to another machine without TLS: add sslmode=verify-full, and name the server's CA in RCM_DATABASE_CA_FILE (to go unprotected all the same: sslmode=disable, and database in RCM_PLAINTEXT)";
  return read.mode === 'disable' ? null : 'leads to another machine: say sslmode=verify-full, or sslmode=disable, which RCM_PLAINTEXT allows here';
}

/**
 * The connection of a URL. With `sslmode=verify-full` the server's certificate must be of a known CA (`sslrootcert`, else Node's own) and for
 * the URL's host. `pg`'s own reading is not relied on: it takes other modes for this one or for less, by a parameter or a version of its own,
 * and without any it follows PGSSLMODE. Fails with `config_invalid`.
 */
export function connectionOf(url: string): Connection {
  // Whether an explicit `disable` is right for this deployment was asked when its configuration was read.
  const problem = connectionProblem(url, { plaintextAllowed: true });
  const read = readUrl(url);
  if (problem !== null || read === null) throw new RcmError('config_invalid', `The database URL ${problem}.`);
  const files = Object.entries(FILES).flatMap(([name, parameter]) => {
    const path = read.url.searchParams.get(parameter);
    return path === null ? [] : [[name, fileText(path, parameter)] as const];
  });
  if (read.mode === null) return { connectionString: url, ssl: false };
  for (const name of [...read.url.searchParams.keys()]) if (name.startsWith('ssl')) read.url.searchParams.delete(name);
  const connectionString = read.url.href;
  if (read.mode === 'disable') return { connectionString, ssl: false };
  return { connectionString, ssl: { ...Object.fromEntries(files), rejectUnauthorized: true, minVersion: 'TLSv1.2' } };
}

/** The same URL with the deployment's CA, where it has none of its own and asks for one. */
export function withCa(url: string, caFile: string | undefined): string {
  const read = readUrl(url);
  if (caFile === undefined || read?.mode !== 'verify-full' || read.url.searchParams.has(FILES.ca)) return url;
  read.url.searchParams.set(FILES.ca, caFile);
  return read.url.href;
}

function readUrl(text: string): Read | null {
  // As `pg` reads it: without a host it is this machine, and a parameter `host` goes before the authority.
  const url = URL.parse(text) ?? URL.parse(text.replace('@/', '@localhost/'));
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) return null;
  const named = url.searchParams.getAll('host');
  const host = named[0] || decodeURIComponent(url.hostname) || 'localhost';
  return { url, isLocal: named.length < 2 && (host.startsWith('/') || isLoopback(host)), mode: modeOf(url) };
}

/** Two modes in one URL are none that anybody can rely on. */
function modeOf(url: URL): string | null {
  const modes = url.searchParams.getAll('sslmode');
  return modes.length > 1 ? modes.join('+') : (modes[0] ?? null);
}

function fileText(path: string, parameter: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new RcmError(
      'config_invalid',
      `The file that ${parameter} of the database URL names cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'error'}).`,
    );
  }
}
