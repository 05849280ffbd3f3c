import { expect, it } from 'vitest';
import { callRotator, runRotator } from './process.fixture.ts';

it.each([
  ['an option that is missing', ['rotate', '--json'], '--endpoint', callRotator],
  ['a choice that there is not', ['resolve', '--endpoint', 'x', '--accept', 'maybe', '--json'], 'Allowed choices are current, staged, typed', callRotator],
  ['a command that there is not', ['rotat', '--json'], "unknown command 'rotat'", runRotator],
  ['no configuration', ['status', '--json'], 'RCM_DATABASE_URL: is not set', callRotator],
])('%s is one JSON object for a program, and exit code 2', async (_, parameters, words, run) => {
  const end = await run(parameters, {});
  expect([end.code, end.json()]).toMatchObject([
    2,
    { error: { code: expect.stringMatching(/^(input|config)_invalid$/), message: expect.stringContaining(words) } },
  ]);
});

it('help is no error, also where JSON was asked for', async () => {
  const end = await runRotator(['resolve', '--help', '--json'], {});
  expect([end.code, end.stdout.startsWith('Usage: rotator resolve')]).toEqual([0, true]);
});
