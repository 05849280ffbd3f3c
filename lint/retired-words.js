import { relative } from 'node:path';

/** Words that meant two things, and what is said instead (docs/glossary.md). A word stands here once nothing is called by it any more, so that it does not come back. */
const RETIRED = new Map([
  ['wish', 'writer intent, request'],
  ['keeper', 'session cache, watchdog'],
  ['strike', 'fault'],
  ['course', 'demo run'],
  ['guess', 'what is counted: try, refusal'],
  ['world', 'test environment'],
  ['moment', 'crash point, instant'],
  ['standing', 'state of a login'],
]);

/** What others depend on: a field of `--json`, which stays, as the key of an object and as nothing else. */
const FIELDS = new Set(['standing']);

const singular = (word) => [word, word.replace(/s$/, ''), word.replace(/es$/, '')].find((one) => RETIRED.has(one)) ?? word;
const retiredWordsOf = (name) =>
  name
    .split(/(?<=[a-z0-9])(?=[A-Z])|_|-/)
    .map((word) => singular(word.toLowerCase()))
    .filter((word) => RETIRED.has(word));

const rule = {
  meta: { type: 'suggestion', schema: [], messages: { retired: '"{{word}}" is a retired word; say {{instead}} (docs/glossary.md).' } },
  create(context) {
    const report = (node, word) => context.report({ node, messageId: 'retired', data: { word, instead: RETIRED.get(word) } });
    const isField = (node) =>
      FIELDS.has(node.name) && node.parent.type === 'Property' && node.parent.key === node && !node.parent.computed && !node.parent.shorthand;
    const look = (node) => {
      if (isField(node)) return;
      for (const word of retiredWordsOf(node.name)) report(node, word);
    };
    const atFile = (node) => {
      for (const part of relative(context.cwd, context.filename).split(/[/.]/)) for (const word of retiredWordsOf(part)) report(node, word);
    };
    return { Program: atFile, Identifier: look, PrivateIdentifier: look };
  },
};

export const retiredWords = { files: ['**/*.ts'], plugins: { words: { rules: { retired: rule } } }, rules: { 'words/retired': 'error' } };
