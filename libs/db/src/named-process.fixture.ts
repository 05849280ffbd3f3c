import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

/** A process that does nothing but live, and what it calls itself. It is killed when the test ends. */
export async function startNamed(app: string): Promise<{ readonly child: ChildProcess; readonly name: string }> {
  const source = `import { processName } from '@rcm/telemetry'; console.log(processName('${app}')); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, name: line.toString().trim() };
}

/** Kills it, and waits until the system has buried it. */
export async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
