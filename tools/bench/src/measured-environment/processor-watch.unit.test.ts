import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { processorSeconds } from './processor-seconds.ts';
import { ProcessorWatch } from './processor-watch.ts';

const BURNT_S = 0.3;
/** The system counts in hundredths, and rounds what it tells. */
const ROUNDED_S = 0.03;

/** Starts a browser of a kind: one that has a child which burns time of a processor, by its own count, and stays. At a line it kills the browser and then the child, for neither of which anybody waits. */
const PROGRAM = `
const { spawn } = require('node:child_process');
const start = (what) => spawn(process.execPath, ['-e', process.env.PROGRAM, what], { stdio: ['ignore', 'pipe', 'inherit'] });
const [what] = process.argv.slice(1);
if (what === 'renderer') {
  const used = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; };
  while (used() < ${BURNT_S});
  console.log(process.pid);
  setInterval(() => {}, 1_000);
} else if (what === 'browser') start('renderer').stdout.pipe(process.stdout);
else {
  const browser = start('browser');
  browser.stdout.once('data', (pid) => console.log(String(pid).trim()));
  process.stdin.once('data', () => {
    browser.once('exit', () => console.log('ended'));
    browser.kill('SIGKILL');
  });
}`;

test('what a browser’s child had used is known after both have ended, and nobody waited for the child', { timeout: 0 }, async () => {
  const child = spawn(process.execPath, ['-e', PROGRAM], { env: { PROGRAM }, stdio: ['pipe', 'pipe', 'inherit'] });
  const pid = child.pid ?? 0;
  using watch = new ProcessorWatch(pid);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const renderer = Number((await lines.next()).value);
  try {
    // What was used before it is not told by a watch that begins now.
    using later = new ProcessorWatch(pid);
    // It looks by itself: so often that what ends was seen.
    await delay(500);
    expect(later.seconds().others).toBeLessThan(BURNT_S - ROUNDED_S);
    child.stdin.write('\n');
    await lines.next();
    process.kill(renderer, 'SIGKILL');
    expect(watch.seconds().others).toBeGreaterThanOrEqual(BURNT_S - ROUNDED_S);
    // As the kernel tells it, which is why it is watched.
    expect(processorSeconds(pid).others).toBeLessThan(BURNT_S);
  } finally {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
});
