import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { hasEnded, processName } from './process-name.ts';

const MODULE = new URL('process-name.ts', import.meta.url).href;

/** Another process that says its name and stays until it is told to end. */
async function another(): Promise<{ readonly name: string; readonly stop: (signal: 'SIGSTOP' | 'SIGKILL') => Promise<void> }> {
  const source = `import { processName } from ${JSON.stringify(MODULE)}; console.log(processName('rotator')); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    name: line.toString().trim(),
    async stop(signal) {
      const ended = once(child, 'exit');
      child.kill(signal);
      if (signal === 'SIGKILL') await ended;
    },
  };
}

test('a process that lives, or stands still, has not ended; one that was killed has', async () => {
  const { name, stop } = await another();
  expect(name).toMatch(/^rotator@/);
  expect(hasEnded(name)).toBe(false);
  await stop('SIGSTOP');
  expect(hasEnded(name)).toBe(false);
  await stop('SIGKILL');
  expect(hasEnded(name)).toBe(true);
});

test('a name is one process, whatever becomes of its number', () => {
  const mine = processName('web-agent');
  expect(processName('web-agent')).toBe(mine);
  expect(hasEnded(mine)).toBe(false);
  const [, start = ''] = /-(\d+)$/.exec(mine) ?? [];
  expect(hasEnded(mine.replace(/\d+$/, String(Number(start) - 1)))).toBe(true);
});

test('of another machine, another container, another boot and an older form of names nothing is said', async () => {
  const { name, stop } = await another();
  await stop('SIGKILL');
  expect(hasEnded(name)).toBe(true);
  expect(hasEnded(name.replace(`@${hostname()}:`, '@elsewhere:'))).toBe(false);
  expect(hasEnded(name.replace(/-[0-9a-f]{12}-/, '-000000000000-'))).toBe(false);
  for (const old of ['rotator@host:77', 'agent', '', 'rotator@host:1-0123456789abcdef']) expect(hasEnded(old)).toBe(false);
});
