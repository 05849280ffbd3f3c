import { inspect } from 'node:util';

const MASK = '[secret]';

/**
 * A handle on a value that must not be printed. Whatever turns it into text (template, JSON, console, inspect) gets
 * `[secret]`; `reveal()` is the one way to the value, so a search for `.reveal(` lists every place that sees plaintext.
 * The value sits in a private field: structured clone, spread and `Object.entries` do not carry it either.
 */
export class Secret<T = string> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  reveal(): T {
    return this.#value;
  }

  map<U>(change: (value: T) => U): Secret<U> {
    return new Secret(change(this.#value));
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [Symbol.toPrimitive](): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
