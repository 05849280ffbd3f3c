import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { closeBrowser } from './closed-browser.ts';

const BURNT_S = 0.3;
/** The system counts in hundredths, and rounds what it tells. */
const ROUNDED_S = 0.03;

/** Starts a child that burns time of a processor, by its own count, and stays; neither ends by itself. */
const PROGRAM = `
if (process.argv[1] === 'child') {
  const used = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; };
  while (used() < ${BURNT_S});
  console.log(process.pid);
} else require('node:child_process').spawn(process.execPath, ['-e', process.env.PROGRAM, 'child'], { stdio: 'inherit' });
setInterval(() => {}, 1_000);`;

test('what a browser’s child had used is told when the browser ends without waiting for it', { timeout: 0 }, async () => {
  const browser = spawn(process.execPath, ['-e', PROGRAM], { env: { PROGRAM }, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(browser.stdout), 'line')) as [string];
  const gone = await closeBrowser({
    async close() {
      const ended = once(browser, 'exit');
      browser.kill('SIGKILL');
      await ended;
      process.kill(Number(line), 'SIGKILL');
    },
  });
  expect(gone).toBeGreaterThanOrEqual(BURNT_S - ROUNDED_S);
});

test('nothing is told of one that ends as it was', async () => {
  expect(await closeBrowser({ close: () => Promise.resolve() })).toBe(0);
});
