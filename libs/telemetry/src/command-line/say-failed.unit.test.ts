import { Command } from 'commander';
import { expect, test } from 'vitest';
import { RcmError } from '../error.ts';
import { sayFailed } from './say-failed.ts';

async function ends(args: readonly string[], fails: unknown = null) {
  const said = { people: '', programs: '', commander: '' };
  const program = new Command('tool').option('--number <n>', 'one').exitOverride();
  program.configureOutput({ writeOut: (text) => void (said.commander += text), writeErr: (text) => void (said.commander += text) }).action(() => {
    throw fails;
  });
  const to = { name: 'tool', error: (text: string) => void (said.people += text), json: (text: string) => void (said.programs += text) };
  const exitCode = await program.parseAsync([...args], { from: 'user' }).then(
    () => null,
    (failure: unknown) => sayFailed(failure, to),
  );
  return { exitCode, ...said };
}

test('help is asked for and given, and a wrong call is commander’s to say: nothing is said twice', async () => {
  expect(await ends(['--help'])).toMatchObject({ exitCode: 0, people: '', programs: '', commander: expect.stringContaining('Usage') as string });
  expect(await ends(['--else'])).toMatchObject({ exitCode: 2, people: '', programs: '', commander: expect.stringContaining('--else') as string });
});

test('a failure is said to people and to programs, with the exit code of its kind', async () => {
  const said = { people: 'It is gone.\n', programs: '{"error":{"code":"secret_missing","message":"It is gone."}}\n' };
  expect(await ends([], new RcmError('secret_missing', 'It is gone.'))).toMatchObject({ exitCode: 1, ...said });
  expect(await ends([], new RcmError('config_invalid', 'No.'))).toMatchObject({ exitCode: 2, people: 'No.\n' });
});

test('what a failure quotes steers no terminal, and turns no line round', async () => {
  const said = await ends([], new RcmError('input_invalid', 'It is \u001b[2J\u202e\u200e\u061cx\u2028.\nNothing was changed.'));
  expect(said.people).toBe('It is ·[2J···x·.\nNothing was changed.\n');
  expect(JSON.parse(said.programs)).toMatchObject({ error: { message: said.people.trimEnd() } });
});
