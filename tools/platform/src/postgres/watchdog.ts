/**
 * A process of its own around the embedded Postgres: it starts the server, and stops it when it is told to or when the
 * platform is gone (`watch-parent.ts` sends it SIGTERM then). Prints `{"ready":true,"port":…}` on stdout.
 * Configuration from the environment: RCM_POSTGRES_DIR, RCM_POSTGRES_PASSWORD_FILE, and TMPDIR.
 */
import type { ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { isRcmError, RcmError, readConfig, Secret } from '@rcm/telemetry';
import { freePort, postgresPrograms, type ServerAccount, serverAccount } from '@rcm/test-services/machine';
import { z } from 'zod';
import { clearOrphan } from './orphan.ts';
import { initialise, type ServerOptions, startServer } from './server.ts';

const configuration = z.object({ RCM_POSTGRES_DIR: z.string().min(1), RCM_POSTGRES_PASSWORD: z.string().min(1) });

const PORT_ATTEMPTS = 3;

async function main(): Promise<void> {
  const config = readConfig(configuration, process.env);
  const directory = config.RCM_POSTGRES_DIR;
  await clearOrphan(directory);
  const account = ownAccount();
  const programs = await postgresPrograms(account, `${directory}-programs`);
  const options: ServerOptions = { directory, account, programs, log: (text) => void process.stderr.write(text) };
  await initialise(options, new Secret(config.RCM_POSTGRES_PASSWORD), tmpdir());
  const { server, port } = await startOnFreePort(options);
  keep(server);
  process.stdout.write(`${JSON.stringify({ ready: true, port })}\n`);
}

/** Fails with `database_unavailable`, with what a person can do. */
function ownAccount(): ServerAccount {
  try {
    return serverAccount();
  } catch (cause) {
    throw new RcmError('database_unavailable', 'Postgres does not run as root and the user "postgres" could not be made; run this as an ordinary user.', {
      cause,
    });
  }
}

/** Another process may take the port between our look and the server's start: then another port. */
async function startOnFreePort(options: ServerOptions): Promise<{ readonly server: ChildProcess; readonly port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    try {
      return { server: await startServer(options, port), port };
    } catch (cause) {
      if (attempt >= PORT_ATTEMPTS || !(cause as Error).message.includes('no free port')) throw cause;
    }
  }
}

/** Stops the server on SIGTERM and SIGINT (SIGINT is its fast shutdown: sessions are ended, a checkpoint is written), and ends when it does. */
function keep(server: ChildProcess): void {
  let stopping = false;
  const stop = () => {
    stopping = true;
    server.kill('SIGINT');
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  server.once('exit', (code) => {
    if (!stopping) process.stderr.write('Postgres ended by itself.\n');
    process.exit(stopping ? (code ?? 1) : 1);
  });
}

main().catch((cause: unknown) => {
  process.stderr.write(`${isRcmError(cause) ? cause.message : `Postgres could not be started: ${String((cause as Error | undefined)?.message ?? cause)}`}\n`);
  process.exit(1);
});
