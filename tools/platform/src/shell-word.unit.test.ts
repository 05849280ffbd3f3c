import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { shellWord } from './shell-word.ts';

test.each(['/tmp/data', '/tmp/my data', "it's", '$HOME', '`id`', 'a;b', '"', '\\', '', 'ä', '*', '~'])('a shell reads %j as it is', (text) => {
  expect(spawnSync('sh', ['-c', `printf %s. ${shellWord(text)}`], { encoding: 'utf8' }).stdout).toBe(`${text}.`);
});

test('what needs none has no quotes', () => expect(shellWord('/tmp/data-1/keys')).toBe('/tmp/data-1/keys'));
