import { Argument, Command, type CommanderError, InvalidArgumentError, Option } from 'commander';
import { describe, expect, it, test } from 'vitest';
import { RcmError } from '../error.ts';
import { guardInput } from './guard.ts';
import { isTime, KINDS } from './kinds.ts';
import { plainWords } from './plain-words.ts';

const SECRET = 'hunter2';

/** What is written, what is thrown, and whether the command began. */
async function call(words: readonly string[]) {
  const seen = { said: '', begun: 0 };
  const program = guardInput(new Command('program')).exitOverride();
  program.configureOutput({ writeErr: (text) => void (seen.said += text) });
  program
    .command('act')
    .argument('<id>')
    .addArgument(new Argument('[shell]').choices(['bash', 'zsh']))
    .option('--reason <text>')
    .option('--limit <n>', '', '50')
    .option('--org <org...>')
    .option('--due [span]')
    .addOption(new Option('--at <time>').argParser(() => refuse()))
    .addOption(new Option('--accept <which>').choices(['current', 'staged']))
    .option('--base-url <url>')
    .option('--dry-run')
    .action(() => void (seen.begun += 1));
  let error: unknown = null;
  try {
    await program.parseAsync([...words], { from: 'user' });
  } catch (thrown) {
    error = thrown;
  }
  return { ...seen, error: error as CommanderError | RcmError | null };
}
const refuse = (): never => {
  throw new InvalidArgumentError('It must be a day.');
};

it('lets what is of its kind through', async () => {
  expect(
    await call([
      'act',
      'clinic-1',
      'bash',
      '--reason',
      'Größe: 3 “x”',
      '--org',
      'a',
      'b',
      '--due',
      '--limit',
      '1000',
      '--base-url',
      'https://alpine.example/x',
      '--dry-run',
    ]),
  ).toEqual({
    said: '',
    begun: 1,
    error: null,
  });
});

it.each([
  [['act', '../x'], '<id>'],
  [['act', 'a\u0000'], '<id>'],
  [['act', 'a', '--reason', ''], '--reason'],
  [['act', 'a', '--reason', 'a\nb'], '--reason'],
  [['act', 'a', '--reason', '\u202ea'], '--reason'],
  [['act', 'a', '--reason', 'x'.repeat(1_001)], '--reason'],
  [['act', 'a', '--base-url', 'z6:x,>'], '--base-url'],
  [['act', 'a', '--base-url', 'https://'], '--base-url'],
  [['act', 'a', '--limit', '0'], '--limit'],
  [['act', 'a', '--limit', '1001'], '--limit'],
  [['act', 'a', '--org', 'a', `${SECRET}!`], '--org'],
])('refuses %j before the command begins, and names the option', async (words, name) => {
  const { begun, error } = await call(words);
  expect([begun, error]).toEqual([0, expect.any(RcmError)]);
  expect(error?.message).toMatch(new RegExp(`^${name} must .* Nothing was done\\.$`));
  expect(error?.message).not.toContain(SECRET);
});

it.each([
  [['act', 'a', 'bash', SECRET], "too many arguments for 'act'. Expected 2 arguments but got 3."],
  [['act', 'a', `--password=${SECRET}`], "unknown option '--password'"],
  [['act', 'a', `--dry-run=${SECRET}`], "unknown option '--dry-run'"],
  [['act', 'a', `--${SECRET}`], 'unknown option\n'],
  [['act', 'a', `-p${SECRET}`], 'unknown option\n'],
  [['act', 'a', '--reasn', SECRET], "unknown option '--reasn'\n(Did you mean --reason?)"],
  [['act', 'a', '--at', `${SECRET}' is invalid. x`], "option '--at <time>' is invalid. It must be a day."],
  [['act', 'a', '--accept', SECRET], "option '--accept <which>' is invalid. Allowed choices are current, staged."],
  [['act', 'a', SECRET], "argument 'shell' is invalid. Allowed choices are bash, zsh."],
  [[SECRET], 'unknown command\n'],
  [['at'], "unknown command 'at'\n(Did you mean act?)"],
])('says of %j what is wrong and nothing of what was typed', async (words, said) => {
  const ended = await call(words);
  expect(ended.begun).toBe(0);
  expect(ended.said).toContain(said);
  expect(ended.said + plainWords(ended.error?.message ?? '')).not.toContain(SECRET);
});

describe('a time', () => {
  test.each(['2026-03-01', '2024-02-29', '2026-03-31T12:00:00Z', '2026-03-31T12:00:00.123456+02:00', '2026-03-31T12:00'])('is %s', (word) =>
    expect(isTime(word)).toBe(true),
  );
  test.each(['2026-02-30', '2025-02-29', '2026-13-01', '2026-03-01T25:00Z', 'today', '1', '', '2026-03-01 x', '2026-3-1', '+002026-03-01'])(
    'is not %s',
    (word) => expect(isTime(word)).toBe(false),
  );
});

test('every kind says what it must be', () => {
  for (const { must } of Object.values(KINDS)) expect(must).toMatch(/^(must|takes) /);
});
