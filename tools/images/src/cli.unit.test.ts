import { expect, it } from 'vitest';
import { runImages } from './cli.ts';

async function run(...args: string[]) {
  let [out, error] = ['', ''];
  const code = await runImages(args, { root: '/nowhere', out: (text) => void (out += text), error: (text) => void (error += text) });
  return { code, out, error };
}

it('its help names the commands and the exit codes', async () => {
  const { code, out } = await run('--help');
  expect(code).toBe(0);
  for (const words of ['build', 'measure', 'binary', 'Exit codes']) expect(out).toContain(words);
});

it.each([
  [['build', '--only', 'web-agent,nothing'], /no image "nothing": web-agent, rotator, console, migrator, rcm/],
  [['bild'], /unknown command/],
])('a wrong call ends with 2: %j', async (args, words) => {
  const { code, error } = await run(...args);
  expect(code).toBe(2);
  expect(error).toMatch(words);
});
