import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

/** An environment has a few thousand passwords and accounts, and asks for the names of each at every login. */
const MOST_REMEMBERED = 50_000;

/** Makes an HMAC of a text under a text, which comes out the same every time, be computed once a process. Whatever else is asked of `createHmac` is Node's own. */
export function rememberHmacs(): void {
  const real = crypto.createHmac;
  const remembered = new Map<string, string>();
  crypto.createHmac = ((algorithm: string, key: unknown, options?: Parameters<typeof real>[2]): unknown =>
    typeof key === 'string' && options === undefined
      ? new RememberedHmac(real, remembered, algorithm, key)
      : real(algorithm, key as string, options)) as typeof real;
  syncBuiltinESMExports();
}

class RememberedHmac {
  readonly #real: typeof crypto.createHmac;
  readonly #remembered: Map<string, string>;
  readonly #algorithm: string;
  readonly #key: string;
  readonly #texts: string[] = [];

  constructor(real: typeof crypto.createHmac, remembered: Map<string, string>, algorithm: string, key: string) {
    this.#real = real;
    this.#remembered = remembered;
    this.#algorithm = algorithm;
    this.#key = key;
  }

  update(text: unknown, encoding?: string): this {
    if (typeof text !== 'string' || (encoding !== undefined && encoding !== 'utf8')) throw new Error('The simulation knows an HMAC of UTF-8 text alone.');
    this.#texts.push(text);
    return this;
  }

  digest(encoding?: string): string {
    if (encoding !== 'hex') throw new Error('The simulation knows an HMAC in hex alone.');
    const text = this.#texts.join('');
    // Their lengths keep one from shifting into the next.
    const asked = `${this.#algorithm} ${this.#key.length} ${this.#key} ${text}`;
    const known = this.#remembered.get(asked) ?? this.#real(this.#algorithm, this.#key).update(text, 'utf8').digest('hex');
    if (this.#remembered.size >= MOST_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(asked, known);
    return known;
  }
}
