import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

type Watchdog = ChildProcessByStdio<Writable, Readable, Readable>;

/** A started service and the way to end it. */
export interface RunningService {
  url: string;
  stop(): Promise<void>;
}

// They only end what hangs: several clusters may be made at once on a machine that is ten times as busy.
const READY_TIMEOUT_MS = 600_000;
const STOP_TIMEOUT_MS = 120_000;

/** Starts a throw-away Postgres in a watchdog of its own (see watchdog.ts). Throws with the watchdog's last words when it does not come up. */
export async function startEmbeddedPostgres(): Promise<RunningService> {
  const program = join(import.meta.dirname, 'watchdog.ts');
  const watchdog: Watchdog = spawn(process.execPath, [program], { detached: true, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = once(watchdog, 'exit');
  return { url: await firstUrl(watchdog), stop: () => stop(watchdog, exited) };
}

function firstUrl(watchdog: Watchdog): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (what: string) => reject(new Error(`embedded Postgres ${what}: ${said.trim()}`));
    const timer = setTimeout(() => {
      watchdog.stdin.destroy();
      fail(`was not ready after ${READY_TIMEOUT_MS} ms`);
    }, READY_TIMEOUT_MS);
    watchdog.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)));
    createInterface({ input: watchdog.stdout }).once('line', (line) => {
      clearTimeout(timer);
      resolve((JSON.parse(line) as { url: string }).url);
    });
    watchdog.once('error', (error) => fail(error.message));
    watchdog.once('exit', (code) => {
      clearTimeout(timer);
      fail(`ended with ${code} before it was ready`);
    });
  });
}

/** Closing the watchdog's stdin is the request to end. */
async function stop(watchdog: Watchdog, exited: Promise<unknown>): Promise<void> {
  const timer = setTimeout(() => watchdog.kill('SIGKILL'), STOP_TIMEOUT_MS);
  watchdog.stdin.end();
  await exited;
  clearTimeout(timer);
}
