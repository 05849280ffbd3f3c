/**
 * A process around one container, so that the platform minds it as it minds its other processes: `node watchdog.ts NAME ARGUMENTS-OF-DOCKER-RUN…`. What the container prints is
 * printed; SIGTERM and SIGINT are passed on to it; its exit code is given.
 */
import { spawn, spawnSync } from 'node:child_process';

const [name = '', ...args] = process.argv.slice(2);
const REMOVE_MS = 30_000;

// What a killed run left under this name.
spawnSync('docker', ['rm', '--force', '--volumes', name], { stdio: 'ignore', timeout: REMOVE_MS });
const child = spawn('docker', ['run', '--rm', '--name', name, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void child.kill(signal));
child.once('error', () => {
  process.stderr.write('docker could not be started.\n');
  process.exit(1);
});
child.once('exit', (code) => process.exit(code ?? 1));
