import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Linter } from 'eslint';
import { expect, it } from 'vitest';

const RULE = join(import.meta.dirname, '..', '..', 'lint', 'retired-words.js');
const { retiredWords } = (await import(pathToFileURL(RULE).href)) as { readonly retiredWords: Linter.Config };

const found = (text: string, file = 'a.js'): readonly (string | undefined)[] =>
  new Linter({ configType: 'flat' }).verify(text, [{ ...retiredWords, files: ['**/*.js'] }], file).map(({ message }) => /^"(\w+)"/.exec(message)?.[1]);

it('a retired word is found in whatever is called by it, whole or in part, and not within another word', () => {
  expect(found('class KeeperOfAll { #wishes = 1; SECOND_GUESS; courseTaken() {} of(discourse, strikers) {} }')).toEqual(['keeper', 'wish', 'guess', 'course']);
});

it('and in what a file or its folder is called', () => {
  expect(found('', 'tools/strikes/first-guess.test.js')).toEqual(['strike', 'guess']);
  expect(found('', 'tools/faults/first.test.js')).toEqual([]);
});

it('and a field of `--json` is left alone where it is a key, and found in whatever else is called by it', () => {
  expect(found('const shown = { standing: 1 };')).toEqual([]);
  expect(found('const standing = 1; const shown = { standing, [standing]: 1, loginStanding: 1, state: standing };')).toEqual(
    Array.from({ length: 6 }, () => 'standing'),
  );
});
