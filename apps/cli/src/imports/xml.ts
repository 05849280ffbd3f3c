/** What a document is made of, in its order; text comes with its references resolved. */
export type XmlPart =
  | { readonly kind: 'open'; readonly name: string; readonly attributes: ReadonlyMap<string, string> }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'close' };

const MOST_DEEP = 200;
const START = /<([A-Za-z_][\w.-]*)((?:\s+[A-Za-z_][\w.:-]*\s*=\s*(?:"[^"<]*"|'[^'<]*')){0,20})\s*(\/?)>/y;
const ATTRIBUTE = /([A-Za-z_][\w.:-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/g;
const END = /<\/([A-Za-z_][\w.-]*)\s*>/y;
/** Nothing but these and numbers: a document that declares entities of its own is refused before. */
const REFERENCE = /&(?:#x([0-9A-Fa-f]{1,6})|#([0-9]{1,7})|(lt|gt|amp|quot|apos));|&/g;
const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
/** What is passed over, from its beginning to its end; CDATA is text as it stands. */
const PASSED = [
  ['<!--', '-->'],
  ['<?', '?>'],
] as const;
const CDATA = ['<![CDATA[', ']]>'] as const;

type Wrong = (what: string) => Error;

/**
 * Reads a document of elements and text in one pass over it. It has no DTD: one is refused, and with it every entity that grows, and every file or address that one would
 * be read from. Throws what `wrong` makes of a problem, which is said without a word of the document.
 */
export const xmlParts = (document: string, wrong: Wrong): Generator<XmlPart> => new XmlReader(document, wrong).parts();

class XmlReader {
  readonly #document: string;
  readonly #wrong: Wrong;
  /** The names of the elements that it stands in. */
  readonly #open: string[] = [];
  #at: number;

  constructor(document: string, wrong: Wrong) {
    [this.#document, this.#wrong] = [document, wrong];
    this.#at = document.startsWith('\uFEFF') ? 1 : 0;
  }

  *parts(): Generator<XmlPart> {
    while (this.#at < this.#document.length) yield* this.#next();
    if (this.#open.length > 0) throw this.#wrong('it ends in the middle of an element');
  }

  #next(): readonly XmlPart[] {
    if (!this.#begins('<')) return this.#text();
    const passed = PASSED.find(([begins]) => this.#begins(begins));
    if (passed) {
      this.#until(passed);
      return [];
    }
    if (this.#begins(CDATA[0]) && this.#open.length > 0) return [{ kind: 'text', text: this.#until(CDATA) }];
    if (this.#begins('<!')) throw this.#wrong('it has a document type, which no export has');
    return this.#begins('</') ? this.#end() : this.#start();
  }

  #text(): readonly XmlPart[] {
    const end = this.#document.indexOf('<', this.#at);
    const text = this.#document.slice(this.#at, end < 0 ? this.#document.length : end);
    this.#at += text.length;
    if (this.#open.length > 0) return [{ kind: 'text', text: resolved(text, this.#wrong) }];
    if (text.trim() !== '') throw this.#wrong('it has text outside of its elements');
    return [];
  }

  #end(): readonly XmlPart[] {
    const name = this.#matched(END)?.[1];
    if (name === undefined || name !== this.#open.pop()) throw this.#wrong('its elements do not end as they begin');
    return [{ kind: 'close' }];
  }

  #start(): readonly XmlPart[] {
    const found = this.#matched(START);
    if (!found) throw this.#wrong('it has an element that cannot be read');
    const [, name = '', attributes = '', empty] = found;
    if (this.#open.length >= MOST_DEEP) throw this.#wrong(`its elements are more than ${MOST_DEEP} deep`);
    const part: XmlPart = { kind: 'open', name, attributes: attributesIn(attributes, this.#wrong) };
    if (empty === '/') return [part, { kind: 'close' }];
    this.#open.push(name);
    return [part];
  }

  #begins(text: string): boolean {
    return this.#document.startsWith(text, this.#at);
  }

  /** What stands between the two; it goes on behind them. */
  #until([begins, ends]: readonly [string, string]): string {
    const end = this.#document.indexOf(ends, this.#at + begins.length);
    if (end < 0) throw this.#wrong('it ends in the middle of something');
    const inside = this.#document.slice(this.#at + begins.length, end);
    this.#at = end + ends.length;
    return inside;
  }

  /** What the pattern finds here; it goes on behind it. */
  #matched(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#document);
    if (found) this.#at = pattern.lastIndex;
    return found;
  }
}

function attributesIn(text: string, wrong: Wrong): ReadonlyMap<string, string> {
  return new Map([...text.matchAll(ATTRIBUTE)].map(([, name = '', double, single]) => [name, resolved(double ?? single ?? '', wrong)]));
}

function resolved(text: string, wrong: Wrong): string {
  return text.replaceAll(REFERENCE, (_reference, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return NAMED[name] ?? '';
    const code = hex === undefined ? Number(decimal ?? Number.NaN) : Number.parseInt(hex, 16);
    if (!(code > 0 && code <= 0x10ffff) || (code >= 0xd800 && code <= 0xdfff)) throw wrong('it has a reference to what is no character');
    return String.fromCodePoint(code);
  });
}
