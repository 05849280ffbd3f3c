import { inspect } from 'node:util';
import { isLongForm } from '../long-form.ts';
import { HOSTILE_TEXTS, TYPED_SECRET } from './texts.ts';

/** A document with one thing wrong, perhaps: what was done to it, and by which names an error may say where. */
export interface Spoiled {
  readonly what: string;
  readonly names: readonly string[];
  /** Made when it is read: of those that are not tried on a change, nothing is. */
  readonly value: unknown;
}

type Path = readonly (string | number)[];
const NEW_NAMES = [TYPED_SECRET, '__proto__', 'constructor', 'toString', ''] as const;
const OTHERS: readonly unknown[] = [
  '',
  ...HOSTILE_TEXTS,
  'x'.repeat(100_000),
  0,
  -1,
  1.5,
  1e308,
  Number.MAX_SAFE_INTEGER,
  true,
  false,
  null,
  [],
  [TYPED_SECRET],
  {},
  { [TYPED_SECRET]: 1 },
];
const OTHERS_WORDS = OTHERS.map((other) => JSON.stringify(other).slice(0, 60));

/** Each place of a good document left out, put in the wrong type, filled with what is hostile, and given a name that it does not have. */
export function* spoiled(good: unknown, path: Path = []): Generator<Spoiled> {
  const at = path.join('.');
  const names = path.filter((step) => typeof step === 'string').slice(-2);
  const put = (what: string, change: (holder: Record<string | number, unknown>, step: string | number) => void, below: readonly string[] = names): Spoiled => ({
    ...{ what: `${at} ${what}`, names: below },
    get value() {
      const whole = { whole: structuredClone(good) };
      change(holderOf(whole, ['whole', ...path]), path.at(-1) ?? 'whole');
      return whole.whole;
    },
  });
  const here = valueAt(good, path);
  for (const [i, other] of OTHERS.entries()) yield put(`is ${OTHERS_WORDS[i]}`, (holder, step) => void (holder[step] = other));
  if (path.length > 0)
    yield put('is left out', (holder, step) => void (Array.isArray(holder) ? holder.splice(Number(step), 1) : Reflect.deleteProperty(holder, step)));
  if (typeof here !== 'object' || here === null) return;
  if (!Array.isArray(here))
    for (const name of NEW_NAMES)
      yield put(`has ${name}`, (holder, step) => void Object.defineProperty(holder[step], name, { value: { a: 1 }, enumerable: true, configurable: true }), [
        ...names,
        name,
      ]);
  for (const step of Array.isArray(here) ? here.keys() : Object.keys(here)) yield* spoiled(good, [...path, step]);
}

const valueAt = (value: unknown, path: Path): unknown => path.reduce((at, step) => (at as Record<string | number, unknown>)[step], value);
const holderOf = (value: unknown, path: Path) => valueAt(value, path.slice(0, -1)) as Record<string | number, unknown>;

/** On a change every so many of them, in the long form all. */
export function* part<T>(all: Iterable<T>, every: number): Generator<T> {
  let i = 0;
  for (const each of all) {
    if (isLongForm() || i % every === 0) yield each;
    i += 1;
  }
}

/** Texts that are no document at all. */
export const noDocuments = (good: string): readonly string[] => [
  ...['', '\u0000', 'null', '5', `"${TYPED_SECRET}"`, '[]', TYPED_SECRET, '{', good.slice(0, Math.floor(good.length / 2)), `${good}\u0000`, `${good}}`],
  ...[
    '['.repeat(50_000),
    `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
    `\u202e${good.slice(0, 5)}`,
    '&a [*a, *a]',
    '%YAML 9.9\n---\n{}',
    '!!js/function "x"',
    '- - -',
  ],
];

/** Words that only whoever reads the code knows. */
const INSIDE = /node_modules|\.ts:\d|\n\s+at |\bzod\b|_def\b|\[object|Cannot read|is not a function|Maximum call stack|\bNaN\b/;
const LONGEST_ERROR = 20_000;

/** What is wrong with how it was refused; nothing, where it is well refused or was no fault at all (`undefined`). */
export function faultsOfRefusal(refusal: unknown, { names, what = '' }: { readonly names: readonly string[]; readonly what?: string }): readonly string[] {
  if (refusal === undefined) return [];
  const { name, code, message } = refusal as { name?: string; code?: string; message?: string };
  if (name !== 'RcmError' || code === undefined || message === undefined)
    return [`is no error of ours: ${(refusal instanceof Error ? String(refusal) : inspect(refusal)).slice(0, 200)}`];
  const shown = names.filter((each) => each !== '');
  return [
    ...(code.endsWith('_invalid') ? [] : [`is ${code}`]),
    ...(shown.length === 0 || shown.some((each) => message.includes(each)) ? [] : [`does not name ${shown.join(' or ')}: ${message.slice(0, 300)}`]),
    // What was typed may be quoted.
    ...(INSIDE.test(message) && !INSIDE.test(what) ? [`shows the inside: ${message.slice(0, 300)}`] : []),
    ...(message.length > LONGEST_ERROR ? [`says ${message.length} characters`] : []),
    ...(/[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/u.test(message) ? ['writes what steers a terminal'] : []),
  ];
}
