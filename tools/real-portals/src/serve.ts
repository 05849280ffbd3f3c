import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { RcmError } from '@rcm/telemetry';
import { freePort } from '@rcm/test-services';
import type { PortalFolder } from './description.ts';

const CACHE = join(import.meta.dirname, '..', '..', '..', '.rcm', 'real-portals');
/** Milliseconds: made anew in 11 s on two idle cores, started in 4 s. */
const SETUP_MS = 180_000;
const READY_MS = 90_000;
const STOP_MS = 15_000;
/** setup.sh ends with this where the application's packages are not installed. */
const NOT_INSTALLED = 3;

export interface ServedPortal {
  readonly baseUrl: string;
  /** Where the hosts beside the portal's own are, by the names of its description: `host:port`. */
  readonly hosts: ReadonlyMap<string, string>;
  /** Milliseconds from its start to its first answer. */
  readonly startMs: number;
  /** Stops the server and waits until it is gone. */
  stop(): Promise<void>;
}

export type Prepared = { readonly folder: string } | { readonly absent: string };

/** Runs the application's setup.sh: the folder that it made or kept, or in words why the application is not here. Fails with `config_invalid`. */
export function prepare(portal: PortalFolder): Promise<Prepared> {
  return new Promise((resolve, reject) => {
    execFile(join(portal.path, 'setup.sh'), [join(CACHE, portal.name)], { timeout: SETUP_MS }, (error, stdout, stderr) => {
      if (!error) return void resolve({ folder: stdout.trim() });
      if (error.code === NOT_INSTALLED) return void resolve({ absent: stderr.trim() });
      reject(new RcmError('config_invalid', `${portal.name}/setup.sh failed: ${stderr.trim().slice(-2_000)}`));
    });
  });
}

/**
 * Starts the application on a port of this machine and waits until it answers. `data` is a folder of its own, filled at the
 * first start. Fails with `portal_unavailable` and the server's last words.
 */
export async function serve(portal: PortalFolder, options: { readonly folder: string; readonly data: string; readonly port?: number }): Promise<ServedPortal> {
  const port = options.port ?? (await freePort());
  const hosts = new Map<string, number>();
  for (const name of portal.description.hosts) hosts.set(name, await freePort());
  const started = performance.now();
  const child = spawn(join(portal.path, 'start.sh'), [options.folder, String(port), options.data, ...[...hosts.values()].map(String)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4_000)));
  const gone = once(child, 'exit');
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
  // A server whose starter died would hold its port for ever.
  const reap = (): void => void child.kill('SIGKILL');
  process.once('exit', reap);

  async function stop(): Promise<void> {
    process.off('exit', reap);
    if (ended()) return;
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(late);
  }

  const baseUrl = `http://127.0.0.1:${port}`;
  while (!(await answers(baseUrl + portal.description.ready))) {
    const waited = performance.now() - started;
    if (ended() || waited > READY_MS) {
      await stop();
      throw new RcmError('portal_unavailable', `${portal.name} did not serve within ${Math.round(waited / 1_000)} s. Its last words: ${said.trim()}`);
    }
    await pause(100);
  }
  const placed = new Map([...hosts].map(([name, its]) => [name, `127.0.0.1:${its}`]));
  return { baseUrl, hosts: placed, startMs: Math.round(performance.now() - started), stop };
}

const answers = async (url: string): Promise<boolean> => {
  try {
    const page = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    // Node's HTTP client fails outside any promise where a connection ends under a body that nobody has read.
    await page.arrayBuffer();
    return page.ok;
  } catch {
    return false;
  }
};
