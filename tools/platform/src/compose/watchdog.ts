/**
 * A process of its own around docker compose: it brings the services up, and takes them down, volumes too, when it is told to or
 * when the platform is gone (`watch-parent.ts` sends it SIGTERM then). Prints `{"ready":true}` on stdout.
 * Configuration from the environment: RCM_WATCHDOG_PROJECT, RCM_WATCHDOG_FILE, RCM_POSTGRES_PASSWORD_FILE, and what the compose file reads.
 */
import { isRcmError, readConfig, RcmError } from '@rcm/telemetry';
import { z } from 'zod';
import { findDocker, runCommand } from './docker.ts';

const configuration = z.object({ RCM_WATCHDOG_PROJECT: z.string().min(1), RCM_WATCHDOG_FILE: z.string().min(1), RCM_POSTGRES_PASSWORD: z.string().min(1) });

const UP_MS = 300_000;
const DOWN_MS = 90_000;

async function main(): Promise<void> {
  const config = readConfig(configuration, process.env);
  const { compose } = await findDocker(process.env);
  const environment = { ...process.env, RCM_COMPOSE_POSTGRES_PASSWORD: config.RCM_POSTGRES_PASSWORD };
  const act = (args: readonly string[], deadlineMs: number) =>
    runCommand(
      [...compose, '--project-name', config.RCM_WATCHDOG_PROJECT, '--file', config.RCM_WATCHDOG_FILE, '--progress', 'plain', ...args],
      environment,
      deadlineMs,
    );
  const down = () => act(['down', '--volumes', '--remove-orphans', '--timeout', '20'], DOWN_MS);

  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    void down().then(({ code, stderr }) => {
      if (code !== 0) process.stderr.write(`${stderr}\n`);
      process.exit(code === 0 ? 0 : 1);
    });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);

  // What a killed run of the same project left would keep its ports and its data.
  await down();
  const up = await act(['up', '--detach', '--wait'], UP_MS);
  if (stopping) return;
  if (up.code !== 0) {
    process.stderr.write(`${up.stderr}\n`);
    await down();
    throw new RcmError('state_conflict', `The containers could not be started: ${upProblem(up.stderr)}`);
  }
  process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
  // Only a signal ends it: the containers are Docker's children, not ours.
  setInterval(() => {}, 60_000);
}

function upProblem(text: string): string {
  const last = text.trim().split('\n').at(-1)?.trim() ?? '';
  if (/port is already allocated|address already in use/i.test(text)) return 'a port is already in use.';
  if (/pull access denied|manifest unknown|no such host|TLS handshake|connection refused|failed to resolve/i.test(text)) {
    return `an image could not be had (${last}); RCM_COMPOSE_POSTGRES_IMAGE and RCM_COMPOSE_LOCALSTACK_IMAGE name others.`;
  }
  return last;
}

main().catch((cause: unknown) => {
  process.stderr.write(`${isRcmError(cause) ? cause.message : String((cause as Error | undefined)?.message ?? cause)}\n`);
  process.exit(1);
});
