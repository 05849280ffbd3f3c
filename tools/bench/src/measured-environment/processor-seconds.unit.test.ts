import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { processorSeconds, secondsOfAll } from './processor-seconds.ts';

const BURNT_S = 0.3;
/** The system counts in hundredths, and rounds what it tells. */
const ROUNDED_S = 0.03;

/** Burns time of a processor, by its own count, lets a child do the same and end, and then tells its own on each line that it reads. */
const PROGRAM = `
const used = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; };
const burn = () => { const from = used(); while (used() - from < ${BURNT_S}); };
if (process.argv[1] === 'child') burn();
else {
  burn();
  require('node:child_process').execFileSync(process.execPath, ['-e', process.env.PROGRAM, 'child']);
  console.log(used());
  process.stdin.on('data', () => console.log(used()));
}`;

test('a process has used what it says itself, and beside it what its ended child had used', { timeout: 0 }, async () => {
  const child = spawn(process.execPath, ['-e', PROGRAM], { env: { PROGRAM }, stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const before = Number((await lines.next()).value);
    const { own, others } = processorSeconds(child.pid ?? 0);
    const all = secondsOfAll(child.pid ?? 0);
    child.stdin.write('\n');
    const after = Number((await lines.next()).value);
    expect(own).toBeGreaterThanOrEqual(before - ROUNDED_S);
    expect(own).toBeLessThanOrEqual(after + ROUNDED_S);
    expect(others).toBeGreaterThanOrEqual(BURNT_S - ROUNDED_S);
    expect(all).toBeGreaterThanOrEqual(own + others);
  } finally {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
});

test('one that is gone has used nothing', () => {
  expect(processorSeconds(2 ** 22 + 1)).toEqual({ own: 0, others: 0 });
});
