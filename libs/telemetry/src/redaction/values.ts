import { types } from 'node:util';
import { isRcmError } from '../error.ts';
import { Secret } from '../secret.ts';
import { isHidden } from './hidden-names.ts';
import { REDACTED } from './addresses.ts';
import { maskText } from './text.ts';

const MAX_DEPTH = 8;
const MAX_ITEMS = 200;
/** Of everything together that one line is made of: what is shared in many places would otherwise be copied into each. */
const MAX_VALUES = 2_000;
const MAX_CAUSES = 5;
const MAX_ERRORS = 3;
const MAX_FRAMES = 5;
const LONGEST_KEY = 200;
const UNREADABLE = '[unreadable]';

/**
 * A copy of `value` that may be logged: hidden names masked at any depth (of maps too), secrets and what stands in texts masked, errors
 * described, bytes left out. Bounded: below 8 levels, beyond 200 entries and beyond 2,000 values it says so instead of going on. It never
 * throws: what cannot be read is said to be so.
 */
export const maskForLog = (value: unknown): unknown => new Masking().mask(value, []);

/**
 * What may be said about an error. Fields of a driver's or SDK's own (`$response`, `query`, `detail`) can hold row contents
 * and are not copied; a message that quotes what could not be read is not either.
 */
export const describeError = (error: unknown): Record<string, unknown> => new Masking().describe(error, []);

class Masking {
  #left = MAX_VALUES;

  mask(value: unknown, parents: readonly object[]): unknown {
    if (this.#left <= 0) return '[too large]';
    this.#left -= 1;
    if (typeof value === 'string') return maskText(value);
    if (typeof value === 'bigint') return value.toString();
    if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`;
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Secret || value instanceof Date) return value;
    try {
      return this.#maskObject(value, parents);
    } catch {
      return UNREADABLE;
    }
  }

  #maskObject(value: object, parents: readonly object[]): unknown {
    const bytes = bytesOf(value);
    if (bytes !== null) return `[${bytes} bytes]`;
    if (parents.includes(value)) return '[circular]';
    if (isError(value)) return this.describe(value, parents);
    if (parents.length >= MAX_DEPTH) return '[too deep]';
    const path = [...parents, value];
    if (value instanceof String) return maskText(value.valueOf());
    if (isHiddenPair(value, parents.at(-1))) return [maskText(value[0]), REDACTED];
    if (Array.isArray(value)) return this.#list(value, value.length, path);
    if (value instanceof Set) return this.#list(value, value.size, path);
    if (value instanceof Map) return this.#fields(value, path);
    if ('toJSON' in value && typeof value.toJSON === 'function') return this.mask((value as { toJSON(): unknown }).toJSON(), path);
    return this.#fields(ownFields(value), path);
  }

  #list(items: Iterable<unknown>, length: number, path: readonly object[]): unknown[] {
    const masked: unknown[] = [];
    for (const item of items) {
      if (masked.length === MAX_ITEMS) return [...masked, `[${length - MAX_ITEMS} more]`];
      masked.push(this.mask(item, path));
    }
    return masked;
  }

  #fields(fields: Iterable<readonly [unknown, unknown]>, path: readonly object[]): Record<string, unknown> {
    const masked: [string, unknown][] = [];
    for (const [key, inner] of fields) {
      if (masked.length === MAX_ITEMS) {
        masked.push(['…', '[more]']);
        break;
      }
      const name = isPlain(key) ? String(key) : '[object]';
      masked.push([cut(maskText(name)), holdsNothing(inner) || !isHidden(name) ? this.mask(inner, path) : REDACTED]);
    }
    return Object.fromEntries(masked);
  }

  describe(error: unknown, parents: readonly object[]): Record<string, unknown> {
    if (!isError(error)) return { message: `a thrown ${typeof error}` };
    if (parents.includes(error)) return { message: '[circular]' };
    this.#left -= 1;
    const path = [...parents, error];
    const causes = path.filter(isError).length;
    const goesOn = causes <= MAX_CAUSES && this.#left > 0;
    const { name, code, cause, errors } = read(error, ['name', 'code', 'cause', 'errors']);
    return {
      name: typeof name === 'string' ? cut(maskText(name)) : 'Error',
      message: messageOf(error),
      ...(typeof code === 'string' ? { code: cut(maskText(code)) } : {}),
      ...(isRcmError(error) ? { details: this.mask(error.details, []) } : {}),
      stack: stackFrames(error),
      ...(cause !== undefined && goesOn ? { cause: this.describe(cause, path) } : {}),
      ...(Array.isArray(errors) && goesOn ? { errors: errors.slice(0, MAX_ERRORS).map((inner) => this.describe(inner, path)) } : {}),
    };
  }
}

/** `false` and `true` say nothing of what they are about; null and undefined are what a person looks for. */
const holdsNothing = (value: unknown): boolean => value === null || value === undefined || typeof value === 'boolean';

/** Once it is masked: half of an address may show the password that the other half would have masked. */
const cut = (masked: string): string => masked.slice(0, LONGEST_KEY);

/** One of several entries: a hidden name with its value. Two names in a list of names are none. */
const isHiddenPair = (value: object, within: object | undefined): value is readonly [string, unknown] =>
  Array.isArray(within) && Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && isHidden(value[0]) && !holdsNothing(value[1]);

/** Own fields, read one by one: one that throws is one that cannot be read. */
function* ownFields(value: object): Iterable<readonly [string, unknown]> {
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    yield [key, read(value, [key])[key]];
  }
}

function read<K extends string>(value: object, keys: readonly K[]): Record<K, unknown> {
  const readOne = (key: K): unknown => {
    try {
      return (value as Record<K, unknown>)[key];
    } catch {
      return UNREADABLE;
    }
  };
  return Object.fromEntries(keys.map((key) => [key, readOne(key)])) as Record<K, unknown>;
}

function bytesOf(value: object): number | null {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) return value.byteLength;
  // What a Buffer has become in JSON.
  const { type, data } = value as { readonly type?: unknown; readonly data?: unknown };
  return type === 'Buffer' && Array.isArray(data) ? data.length : null;
}

/** What is a key as it stands; a Map has any. */
const isPlain = (key: unknown): key is string | number | bigint | boolean | symbol | undefined => typeof key !== 'object' && typeof key !== 'function';

/** Also of another realm, and what a driver throws without making an Error of it: a plain object with a message and a stack, or of Postgres. */
function isError(value: unknown): value is Error {
  if (types.isNativeError(value) || value instanceof Error) return true;
  if (typeof value !== 'object' || value === null) return false;
  const { message, stack, severity, code } = read(value, ['message', 'stack', 'severity', 'code']);
  return typeof message === 'string' && (typeof stack === 'string' || (typeof severity === 'string' && typeof code === 'string'));
}

/** What quotes its input: a parser; Postgres about data (class 22) and statements (42601) that it could not read. */
const QUOTES_DATA = /^(?:22...|42601)$/;

/** Where Node shows what it was given; of what kind that was may be known. */
const GIVEN = /\b(Received |Unknown (?:encoding: |option ))(?!undefined|null|an instance of|function)[^]*$/;

function messageOf(error: Error): string {
  const { message, severity, code } = read(error as Error & { readonly severity?: unknown; readonly code?: unknown }, ['message', 'severity', 'code']);
  const quotes = error instanceof SyntaxError || (typeof severity === 'string' && typeof code === 'string' && QUOTES_DATA.test(code));
  if (quotes) return '[not shown: it may quote its input]';
  if (typeof message !== 'string') return UNREADABLE;
  return maskText(typeof code === 'string' && code.startsWith('ERR_') ? message.replace(GIVEN, `$1${REDACTED}`) : message);
}

/** The frames alone: the lines above them repeat the message, which may look like frames itself. */
function stackFrames(error: Error): string {
  const { stack, message } = read(error, ['stack', 'message']);
  if (typeof stack !== 'string') return '';
  const said = typeof message === 'string' && message !== '' ? stack.indexOf(message) : -1;
  const below = said === -1 ? stack : stack.slice(said + String(message).length);
  return below
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, MAX_FRAMES)
    .map((line) => maskText(line).slice(0, LONGEST_KEY * 2))
    .join('\n');
}
