/** What a receiving server found of one thing about a mail: `dmarc=pass header.from=alpine.example`. */
interface MethodResult {
  readonly method: string;
  readonly result: string;
  /** What it was found of, by its name in lower case: `header.from`. */
  readonly properties: ReadonlyMap<string, string>;
}

export interface AuthenticationResults {
  readonly authservId: string;
  readonly results: readonly MethodResult[];
}

/** `name=value`, or a value alone. */
interface Word {
  readonly name: string | null;
  readonly value: string;
}

/** Longer ones no server writes. In characters. */
const LONGEST = 10_000;

/**
 * One `Authentication-Results` field (RFC 8601, section 2.2); `null`: it is none. What stands in comments and quotes is never read as a result: a sender may have chosen it, as the local part
 * of its address, say. One pass over the text.
 */
export function parseAuthenticationResults(field: string): AuthenticationResults | null {
  const [head, ...rest] = (field.length > LONGEST ? null : partsOf(field)) ?? [];
  const [authserv, version, ...more] = head ?? [];
  if (!authserv || authserv.name !== null || more.length > 0 || (version && version.value !== '1')) return null;
  return { authservId: authserv.value.toLowerCase(), results: rest.map(resultOf).filter((result) => result !== null) };
}

/** `none` alone says nothing. */
function resultOf([first, ...others]: readonly Word[]): MethodResult | null {
  if (!first || first.name === null) return null;
  const properties = new Map<string, string>();
  // A name twice says two things: neither counts.
  for (const { name, value } of others) if (name !== null) properties.set(name, properties.has(name) ? '' : value);
  return { method: first.name.split('/')[0] ?? '', result: first.value.toLowerCase(), properties };
}

/** The field's parts between semicolons, each as its words; `null`: a quote or a comment does not end. */
function partsOf(field: string): readonly (readonly Word[])[] | null {
  const scan = new Scan();
  for (const char of field) scan.take(char);
  return scan.parts();
}

class Scan {
  readonly #parts: Word[][] = [[]];
  #name: string | null = null;
  #text = '';
  /** Blanks have come after the word, which the sign of its pair may still follow. */
  #isOver = false;
  #depth = 0;
  #isQuoted = false;
  #isEscaped = false;

  take(char: string): void {
    if (this.#isEscaped) {
      this.#isEscaped = false;
      if (this.#isQuoted) this.#add(char);
    } else if (char === '\\' && (this.#isQuoted || this.#depth > 0)) this.#isEscaped = true;
    else if (this.#isQuoted) {
      if (char === '"') this.#isQuoted = false;
      else this.#add(char);
    } else if (char === '(') this.#depth += 1;
    else if (this.#depth > 0) this.#depth -= Number(char === ')');
    else this.#takePlain(char);
  }

  parts(): readonly (readonly Word[])[] | null {
    this.#end();
    return this.#isQuoted || this.#depth > 0 ? null : this.#parts;
  }

  #takePlain(char: string): void {
    if (char === '"') this.#isQuoted = true;
    else if (char === ';') {
      this.#end();
      this.#parts.push([]);
    } else if (/\s/.test(char)) this.#isOver = this.#text !== '';
    else if (char === '=' && this.#name === null && this.#text !== '') {
      [this.#name, this.#text, this.#isOver] = [this.#text.toLowerCase(), '', false];
    } else this.#add(char);
  }

  #add(char: string): void {
    if (this.#isOver) this.#end();
    this.#text += char;
  }

  #end(): void {
    if (this.#name !== null || this.#text !== '') this.#parts.at(-1)?.push({ name: this.#name, value: this.#text });
    [this.#name, this.#text, this.#isOver] = [null, '', false];
  }
}
