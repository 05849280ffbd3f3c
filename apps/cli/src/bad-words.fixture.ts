import { HOSTILE_TEXTS, LONGEST_TEXT, TYPED_SECRET } from '@rcm/test-services';
import { kindOf } from '@rcm/telemetry/command-line';
import type { Argument, Option } from 'commander';
import type { Leaf } from './every-command.fixture.ts';

/** A call with one thing wrong, and what its answer must name. */
export interface BadCall {
  readonly words: readonly string[];
  readonly names: string;
}

/** What cannot stand in a line for people. */
const unseen = (word: string): boolean =>
  word.trim() === '' || [...word].some((c) => c < ' ' || (c >= '\u007f' && c < '\u00a0') || '\u202e\u2028\u2029'.includes(c)) || !word.isWellFormed();
const TEXT = { good: 'because', wrong: unseen };
const ID = { good: 'well', wrong: (word: string) => !/^[0-9a-z][-0-9a-z]{0,62}$/.test(word) };
const everything = () => true;

/**
 * By the name that a word has in the help: one that is good, and which of the hostile ones are wrong there for certain. It is written down here once more, apart from the
 * code that refuses. A name that is not here fails the test: say of what kind it is, or use one that is.
 */
export const WORDS: Readonly<Record<string, { readonly good: string; wrong(word: string): boolean }>> = {
  ...{ id: ID, code: { ...ID, good: 'alpine' }, org: { ...ID, good: 'hospital-1' } },
  task: { good: '6f1c1bd6-0000-4000-8000-000000000000', wrong: everything },
  request: { good: '6f1c1bd6-0000-4000-8000-000000000000', wrong: everything },
  version: { good: 'none', wrong: everything },
  'secret-version': { ...TEXT, good: '7' },
  quarter: { good: '2026-Q3', wrong: everything },
  run: { good: '1', wrong: everything },
  account: { good: '123456789012', wrong: everything },
  'account/region': { good: '222222222222/us-east-1', wrong: everything },
  store: { good: 'ssm', wrong: everything },
  n: { good: '5', wrong: everything },
  count: { good: '5', wrong: everything },
  seconds: { good: '60', wrong: everything },
  time: { good: '2026-03-01', wrong: everything },
  date: { good: '2026-03-01', wrong: everything },
  span: { good: '14d', wrong: everything },
  states: { good: 'all', wrong: everything },
  place: { good: 'eyJhdCI6IjIwMjYtMDMtMDEgMDA6MDA6MDArMDAiLCJpZCI6IjEifQ', wrong: everything },
  url: { good: 'https://alpine.example/', wrong: (word) => !/^[a-z]+:\/\//.test(word) },
  'name=url': { good: 'alpine=https://alpine.example/', wrong: unseen },
  'app:org': { good: 'agent:hospital-1', wrong: everything },
  arn: { good: 'arn:aws:kms:us-east-1:123456789012:key/1', wrong: unseen },
  json: { good: '{}', wrong: () => false },
  ...{ file: { good: '/nowhere/file', wrong: unseen }, dir: { good: '/nowhere', wrong: unseen }, path: { good: 'history[].password', wrong: unseen } },
  ...{ text: TEXT, name: TEXT, row: TEXT, rules: { ...TEXT, good: 'minlength: 12' }, where: TEXT, host: TEXT },
  ...{ which: { good: 'store', wrong: everything }, what: { good: 'allowed', wrong: everything }, kind: { good: 'backups', wrong: everything } },
  order: { good: 'name', wrong: everything },
  ...{ role: { good: 'auditor', wrong: everything }, format: { good: 'json', wrong: everything }, shell: { good: 'bash', wrong: everything } },
};

/** What is good in one place alone. */
const GOOD: Readonly<Record<string, string>> = {
  '--region': 'us-east-1',
  '--environment': 'prod',
  '--mount': 'kv',
  '--tenant': 'hospital-1',
  '--partition': 'aws',
};

const wordOf = (typed: Option | Argument) => {
  const kind = kindOf(typed);
  const word = WORDS[kind];
  if (!word) throw new Error(`a word <${kind}> has no kind: see WORDS`);
  const own = typed.argChoices?.[0] ?? ('flags' in typed ? GOOD[typed.long ?? ''] : undefined);
  return { ...word, ...(own === undefined ? {} : { good: own }) };
};

const takesWord = (option: Option): boolean => option.required || option.optional;
const nameOf = (option: Option): string => option.long ?? option.flags;

/** The call with everything that it needs, and what it is told before it acts where it can be. */
function goodCall({ words, command, namesLogin }: Leaf, without: Option | Argument | null): string[] {
  const needed = command.options.filter(
    (option) => (option.mandatory || nameOf(option) === '--reason') && option !== without && !(namesLogin && nameOf(option) === '--endpoint'),
  );
  return [
    ...words,
    ...(namesLogin ? ['well'] : []),
    ...command.registeredArguments.filter((argument) => argument !== without && argument.required).map((argument) => wordOf(argument).good),
    ...needed.flatMap((option) => [nameOf(option), wordOf(option).good]),
  ];
}

export const HOSTILE: readonly string[] = ['', ...HOSTILE_TEXTS, LONGEST_TEXT];

export function badCalls(leaf: Leaf, texts: readonly string[]): readonly BadCall[] {
  const { command, words, namesLogin } = leaf;
  const calls: BadCall[] = [];
  for (const option of command.options.filter(takesWord)) {
    const name = nameOf(option);
    // The login is the first word.
    if (namesLogin && name === '--endpoint') continue;
    const others = goodCall(leaf, option);
    // With an equals sign: what begins with a dash is an option otherwise.
    for (const text of texts.filter((each) => wordOf(option).wrong(each))) calls.push({ words: [...others, `${name}=${text}`], names: name });
    if (option.required) calls.push({ words: [...others, name], names: name });
    if (option.mandatory) calls.push({ words: others, names: name });
  }
  if (namesLogin)
    for (const text of texts.filter((each) => !each.startsWith('-') && WORDS.id?.wrong(each)))
      calls.push({ words: [...words, text, ...goodCall(leaf, null).slice(words.length + 1)], names: '--endpoint' });
  for (const argument of command.registeredArguments) {
    const [, ...rest] = goodCall(leaf, argument).slice(words.length - 1);
    for (const text of texts.filter((each) => !each.startsWith('-') && wordOf(argument).wrong(each)))
      calls.push({ words: [...words, text, ...rest], names: argument.name() });
    if (argument.required) calls.push({ words: goodCall(leaf, argument), names: argument.name() });
  }
  return calls;
}

/** What no command has: each is said without what was typed. */
export function oddCalls(leaf: Leaf): readonly BadCall[] {
  const good = goodCall(leaf, null);
  const variadic = [...leaf.command.registeredArguments, ...leaf.command.options].some((each) => each.variadic);
  return [
    { words: [...good, '--password', TYPED_SECRET], names: '--password' },
    { words: [...good, `--password=${TYPED_SECRET}`], names: '--password' },
    { words: [...good, `--${TYPED_SECRET}`], names: 'option' },
    { words: [...good, `-p${TYPED_SECRET}`], names: 'option' },
    { words: [...good, '--__proto__', 'x'], names: 'option' },
    { words: [...good, '--constructor=x'], names: '--constructor' },
    ...leaf.command.options
      .filter((option) => !takesWord(option))
      .map((option) => ({ words: [...good, `${nameOf(option)}=${TYPED_SECRET}`], names: nameOf(option) })),
    ...(variadic ? [] : [{ words: [...good, ...Array.from({ length: 3 }, () => TYPED_SECRET)], names: 'arguments' }]),
  ];
}
