import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { urlFor } from '@rcm/db/testing';
import { asRoot, compileCache, endChild, freePort, readyLine } from '@rcm/test-services';
import { processorSeconds } from '../measured-environment/processor-seconds.ts';

const PROGRAM = join(import.meta.dirname, '../../../../apps/console/src/main.ts');
const STOP_MS = 60_000;

/** A console in a process of its own, as people's browsers reach it. */
export interface ConsoleProcess extends AsyncDisposable {
  readonly origin: string;
  /** Memory that it has now, in MB, as its operating system counts it. */
  memoryMb(): number;
  /** Time of a processor that it has had so far, in ms. */
  processorMs(): number;
}

/** On a migrated database; fails where it is not ready in time. */
export async function startConsoleProcess(databaseUrl: string): Promise<ConsoleProcess> {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const child = spawn(process.execPath, ['--disable-sigusr1', PROGRAM, 'run'], {
    env: {
      ...asRoot(),
      ...compileCache(),
      PATH: process.env.PATH,
      RCM_DATABASE_URL: urlFor('rcm_console', databaseUrl),
      RCM_CONSOLE_URL: origin,
      RCM_CONSOLE_PORT: String(port),
      // Nobody signs in here: the sessions are written by the function that a sign-in ends with.
      RCM_CONSOLE_ISSUER: 'http://localhost:9',
      RCM_CONSOLE_CLIENT_ID: 'bench',
      RCM_CONSOLE_ROLES: 'bench=operator@*',
      RCM_HEALTH_PORT: '0',
      RCM_LOG_LEVEL: 'info',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await readyLine(child, { like: /"ready"/ });
  return {
    origin,
    memoryMb: () => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1_024,
    processorMs: () => processorSeconds(child.pid ?? 0).own * 1_000,
    [Symbol.asyncDispose]: () => endChild(child, STOP_MS),
  };
}
