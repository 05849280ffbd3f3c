import { parseJsonExactly } from '../exact-json.ts';
import type { Form } from './form.ts';
import { canonicalText, isEmpty, isFields } from './json.ts';
import type { Place } from './paths.ts';
import { readFields } from './read-fields.ts';
import type { Vocabulary } from './vocabulary.ts';
import { type Reading, unusable, type ReadInner, formOfLogin } from './reading.ts';

/** Deeper than any table that was seen. Each level may be a text of JSON, which grows by its escapes. */
const DEEPEST = 6;

/** Reads what lies in a row as a login, whatever its shape. Loses nothing: `matches(form, payload, value)` holds of every login it answers. */
export function readLogin(value: unknown, vocabulary: Vocabulary, at: Place = ['credentials'], depth = 0): Reading {
  if (isEmpty(value)) return { is: 'empty' };
  if (depth > DEEPEST) return unusable(at, 'is nested too deeply');
  const read = (inner: unknown, step?: string | number) => readLogin(inner, vocabulary, step === undefined ? at : [...at, step], depth + 1);
  if (typeof value === 'string') return readText(value, at, read);
  if (Array.isArray(value)) return readList(value, { vocabulary, at, read });
  if (isFields(value)) return readFields(value, { vocabulary, at, read });
  return unusable(at, 'is neither an object nor a list nor a text of JSON');
}

function readText(text: string, at: Place, read: ReadInner): Reading {
  let inner: unknown;
  try {
    inner = parseJsonExactly(text);
  } catch {
    return unusable(at, 'is a text that is not JSON');
  }
  if (!isFields(inner) && !Array.isArray(inner) && typeof inner !== 'string') return unusable(at, 'is a text that is not JSON of a login');
  const login = read(inner);
  return login.is === 'login' ? { ...login, form: { json: formOfLogin(login) }, shapes: ['JSON in a text', ...login.shapes] } : login;
}

interface Inside {
  readonly vocabulary: Vocabulary;
  readonly at: Place;
  readonly read: ReadInner;
}

function readList(list: readonly unknown[], inside: Inside): Reading {
  const pairs = pairsOf(list);
  if (pairs) return readPairs(pairs, inside);
  const held = list.flatMap((inner, place) => (isEmpty(inner) ? [] : [place]));
  const [first = 0] = held;
  if (held.some((place) => canonicalText(list[place]) !== canonicalText(list[first])))
    return unusable(inside.at, `is a list of ${held.length} different things`);
  const login = inside.read(list[first], first);
  if (login.is !== 'login') return login;
  const form = { list: list.map((inner): Form => (isEmpty(inner) ? { is: inner } : formOfLogin(login))) };
  return { ...login, form, shapes: ['a list with one login', ...login.shapes] };
}

interface Pair {
  readonly name: string;
  readonly value: unknown;
  readonly formOf: (value: Form) => Form;
}

/** `[{"name": "username", "value": "…"}, …]`, under any of the usual words. */
function pairsOf(list: readonly unknown[]): readonly Pair[] | null {
  const pairs = list.map((entry): Pair | null => {
    if (!isFields(entry) || Object.keys(entry).length !== 2) return null;
    const nameKey = ['name', 'key', 'field', 'label'].find((key) => typeof entry[key] === 'string');
    if (nameKey === undefined || !('value' in entry)) return null;
    const name = entry[nameKey] as string;
    return { name, value: entry.value, formOf: (value) => ({ object: { [nameKey]: { is: name }, value } }) };
  });
  return pairs.every((pair) => pair !== null) ? pairs : null;
}

function readPairs(pairs: readonly Pair[], { vocabulary, at, read }: Inside): Reading {
  const fields = Object.fromEntries(pairs.map(({ name, value }) => [name, value]));
  if (Object.keys(fields).length < pairs.length) return unusable(at, 'is a list in which one name stands twice');
  const login = readFields(fields, { vocabulary, at, read });
  if (login.is !== 'login') return login;
  const form = formOfLogin(login);
  const parts = 'object' in form ? form.object : {};
  return {
    ...login,
    form: { list: pairs.map(({ name, formOf }) => formOf(parts[name] ?? { field: name })) },
    shapes: ['a list of names and values', ...login.shapes],
  };
}
