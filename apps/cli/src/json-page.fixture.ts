import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What docs/rcm-json.md says of one command: fields that are always there, and all that may be. */
export interface DocumentedShape {
  readonly always: ReadonlySet<string>;
  readonly may: ReadonlySet<string>;
}

const PAGE = join(import.meta.dirname, '..', '..', '..', 'docs', 'rcm-json.md');
const FIELD = /`([A-Za-z_0-9]+)`(\?)?/g;
/** Words after which the fields are those of another way to call it. */
const OTHERWISE = /; of |, or /;

/** By the words of each command. */
export function documentedShapes(): ReadonlyMap<string, DocumentedShape> {
  const shapes = new Map<string, DocumentedShape>();
  for (const [, names = '', fields = ''] of readFileSync(PAGE, 'utf8').matchAll(/^\| (`[^|]*`) \| (.*) \|$/gm)) {
    const found = [...fields.matchAll(FIELD)];
    const always = OTHERWISE.test(fields) ? [] : found.filter(([, , mark]) => mark === undefined);
    const shape = { always: new Set(always.map(([, name = '']) => name)), may: new Set(found.map(([, name = '']) => name)) };
    for (const [, words = ''] of names.matchAll(/`([^`]+)`/g)) shapes.set(words, shape);
  }
  return shapes;
}

/** What of an answer is not as the page says of the command that these words call; nothing for one that it does not have. */
export function notAsDocumented(words: readonly string[], answer: Readonly<Record<string, unknown>>): readonly string[] {
  if (answer.version !== 1) return [`version ${String(answer.version)}`];
  if ('error' in answer) return Object.keys(answer).length === 2 ? [] : ['an error has something beside it'];
  const shapes = documentedShapes();
  const shape = [4, 3, 2, 1].map((length) => shapes.get(words.slice(0, length).join(' '))).find((found) => found !== undefined);
  if (!shape) return [];
  const has = Object.keys(answer).filter((name) => name !== 'version');
  return [
    ...has.filter((name) => !shape.may.has(name)).map((name) => `${name} is not written down`),
    ...[...shape.always].filter((name) => !(name in answer)).map((name) => `${name} is missing`),
  ];
}
