import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, expect, test } from 'vitest';
import { processStart } from '../process-start.ts';
import { startEmbeddedPostgres } from './kept.ts';

const KEPT = join(import.meta.dirname, 'kept.ts');
const runs: ChildProcess[] = [];

afterEach(() => {
  for (const run of runs.splice(0)) run.kill('SIGKILL');
});

/** A test run in a process group of its own, with its server's URL, folder and number. */
async function startRun() {
  const program = `
    import { startEmbeddedPostgres } from ${JSON.stringify(KEPT)};
    const { url } = await startEmbeddedPostgres();
    process.stdout.write(url + '\\n');
    setInterval(() => {}, 1000);`;
  const run = spawn(process.execPath, ['--input-type=module', '-e', program], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  runs.push(run);
  const words = text(run.stderr);
  const ended = once(run, 'exit').then(async ([code]) => {
    throw new Error(`the run ended with ${String(code)} before its server was ready: ${await words}`);
  });
  const [url] = (await Promise.race([once(createInterface({ input: run.stdout }), 'line'), ended])) as [string];
  // Every run is killed in the end, and that is no failure.
  ended.catch(() => undefined);
  const data = await dataDirectory(url);
  const [server = ''] = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
  const [watchdog = ''] = readFileSync(join(data, '..', 'keeper.pid'), 'utf8').split(' ');
  return { run, folder: join(data, '..'), server: Number(server), watchdog: Number(watchdog) };
}

async function dataDirectory(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<{ data_directory: string }>('SHOW data_directory')).rows[0]?.data_directory ?? '';
  } finally {
    await client.end();
  }
}

async function until(done: () => boolean): Promise<void> {
  for (const end = Date.now() + 300_000; !done(); void (await sleep(25))) if (Date.now() > end) throw new Error('it did not happen in time');
}

test('killing a whole test run leaves neither a server nor its data', async () => {
  const { run, folder, server } = await startRun();
  process.kill(-(run.pid ?? 0), 'SIGKILL');
  await until(() => processStart(server) === null && !existsSync(folder));
});

test('what a killed watchdog left is cleaned by the next run, and a living run is not touched', async () => {
  const [left, living] = await Promise.all([startRun(), startRun()]);
  process.kill(left.watchdog, 'SIGKILL');
  await until(() => processStart(left.watchdog) === null);
  const next = await startEmbeddedPostgres();
  await next.stop();
  // Another run that started at this very moment may be cleaning it too.
  await until(() => processStart(left.server) === null && !existsSync(left.folder));
  expect(processStart(living.server)).not.toBeNull();
  expect(existsSync(living.folder)).toBe(true);
});
