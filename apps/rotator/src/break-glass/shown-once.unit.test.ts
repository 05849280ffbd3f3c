import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Secret } from '@rcm/telemetry';
import { expect, test } from 'vitest';
import { showOnce, type ToShow } from './shown-once.ts';

const BACK = '\u001b[2J\u001b[?1049l';

function shown(given: Partial<ToShow> = {}, password = 'p1') {
  const [input, output] = [new PassThrough(), new PassThrough()];
  let text = '';
  output.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = showOnce(
    { input, output },
    {
      ...{ payload: new Secret({ username: 'north', password }), above: ['above'], below: ['below'], code: null, signal: new AbortController().signal },
      ...given,
    },
  );
  const until = async (wanted: string): Promise<void> => {
    while (!text.includes(wanted)) await delay(1);
  };
  return { input, ended, until, text: () => text };
}

test('what is shown is gone with Enter, and nothing comes after it', async () => {
  const it = shown();
  await it.until('p1');
  expect(it.text()).not.toContain(BACK);
  it.input.write('\n');
  await it.ended;
  expect(it.text().endsWith(BACK)).toBe(true);
});

test.each<[string, (it: ReturnType<typeof shown>, stop: AbortController) => void]>([
  ['Ctrl-C', (_, stop) => stop.abort()],
  ['a terminal that is closed', (it) => it.input.end()],
])('%s ends it, too', async (_, happens) => {
  const stop = new AbortController();
  const it = shown({ signal: stop.signal });
  await it.until('p1');
  happens(it, stop);
  await it.ended;
  expect(it.text().endsWith(BACK)).toBe(true);
});

test('another code that is slow to come does not bring back what was ended meanwhile', async () => {
  const codes: ((code: Secret<string>) => void)[] = [];
  const it = shown({ code: () => new Promise((resolve) => codes.push(resolve)) });
  codes.shift()?.(new Secret('111111'));
  await it.until('111111');
  it.input.write('c\n');
  while (codes.length === 0) await delay(1);
  it.input.write('\n');
  await it.ended;
  codes.shift()?.(new Secret('222222'));
  await delay(20);
  expect(it.text()).not.toContain('222222');
  expect(it.text().endsWith(BACK)).toBe(true);
});

test('a code that cannot be had at first shows nothing, and one that cannot be had later ends nothing', async () => {
  const none = shown({ code: () => Promise.reject(new Error('no code')) });
  await expect(none.ended).rejects.toThrow('no code');
  expect(none.text()).not.toContain('p1');
  let asked = 0;
  const later = shown({ code: () => ((asked += 1) === 1 ? Promise.resolve(new Secret('111111')) : Promise.reject(new Error('no code'))) });
  await later.until('111111');
  later.input.write('c\n');
  await later.until('no other code');
  later.input.write('\n');
  await later.ended;
});

test('what else the page asks for is shown, too', async () => {
  const it = shown({ payload: new Secret({ username: 'north', password: 'p1', custom_fields: { account_number: '77', nested: { not: 'typed' } } }) });
  await it.until('below');
  expect(it.text()).toMatch(/user name {7}north\n {2}password {8}p1\n {2}account_number {2}77\n/);
  it.input.write('\n');
  await it.ended;
});

test('what a terminal would take for a command is written as its code', async () => {
  const it = shown({}, 'a\u001b]0;title\u0007b\u202ec');
  await it.until('below');
  expect(it.text()).toContain('a\\u001b]0;title\\u0007b\\u202ec');
  it.input.write('\n');
  await it.ended;
});
