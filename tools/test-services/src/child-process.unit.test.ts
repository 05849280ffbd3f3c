import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, expect, test } from 'vitest';
import { endChild, endOf, hasEnded, lastWordsOf, readyLine } from './child-process.ts';

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

function run(program: string): ChildProcess {
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  return child;
}

test('a program that ends is told with all that it said', async () => {
  expect(await endOf(run('console.log("out"); console.error("err"); process.exitCode = 3'))).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\n' });
});

test('a program is ready with its first line, or with the one that is waited for, and goes on', async () => {
  const program = 'console.log("one"); console.error("two is ready"); setInterval(() => console.log("more"), 10)';
  const [any, like] = [run(program), run(program)];
  expect(await readyLine(any)).toMatch(/^one$|^two is ready$/);
  expect(await readyLine(like, { like: /ready/ })).toBe('two is ready');
  expect([hasEnded(any), hasEnded(like)]).toEqual([false, false]);
  // Nobody reads its lines any more, and it does not come to stand still for it.
  const said = lastWordsOf(like);
  await expect.poll(said, { timeout: 60_000 }).toContain('more\nmore');
});

test('a program that ends before it is ready is told with its last words', async () => {
  await expect(readyLine(run('console.error("no room"); process.exitCode = 1'), { like: /ready/ })).rejects.toThrow(
    'It ended with 1 before it was ready: no room',
  );
});

test('a program that is not ready in time does not stay', async () => {
  const child = run('setInterval(() => {}, 1000)');
  const end = endOf(child);
  await expect(readyLine(child, { withinMs: 100 })).rejects.toThrow('It was not ready after 100 ms');
  await end;
  expect(child.signalCode).toBe('SIGKILL');
});

test('a program that does not end when it is asked to is ended', async () => {
  const [polite, deaf] = [
    run('console.log("."); setInterval(() => {}, 1000)'),
    run('process.on("SIGTERM", () => {}); console.log("."); setInterval(() => {}, 1000)'),
  ];
  for (const child of [polite, deaf]) await readyLine(child);
  await endChild(polite, 60_000);
  await endChild(deaf, 100);
  expect([polite.signalCode, deaf.signalCode]).toEqual(['SIGTERM', 'SIGKILL']);
  await endChild(deaf, 100);
});
