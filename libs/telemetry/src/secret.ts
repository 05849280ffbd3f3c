import { inspect } from 'node:util';
import { isRcmError, RcmError } from './error.ts';

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

  /**
   * A new handle on the changed value. What `change` throws may quote the value (`JSON.parse` does), so only an RcmError
   * passes; anything else becomes `input_invalid` without a cause.
   */
  map<U>(change: (value: T) => U): Secret<U> {
    try {
      return new Secret(change(this.#value));
    } catch (error) {
      if (isRcmError(error)) throw error;
      throw new RcmError('input_invalid', 'A secret value could not be converted; what the conversion said may quote it and is not shown.');
    }
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
