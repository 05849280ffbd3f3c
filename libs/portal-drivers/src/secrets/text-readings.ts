import type { SoughtForm } from './secret-forms.ts';

/**
 * The ways to read the characters of a text: as themselves, and as what they escape in HTML, JSON, scripts and addresses. Runs inside
 * pages, too, so it uses nothing from outside itself.
 */
export class TextReadings {
  readonly codes: number[] = [];
  readonly nexts: number[] = [];
  readonly #folded = new Map<number, number>();
  readonly #visited: (steps: number) => void;

  /** `visited` is told how many characters were looked at. */
  constructor(visited: (steps: number) => void) {
    this.#visited = visited;
  }

  /** Every way to read what stands at a place: letters, folded, and where what comes after each begins. The lists are used again. */
  at(text: string, at: number): { readonly codes: readonly number[]; readonly nexts: readonly number[] } {
    this.codes.length = 0;
    this.nexts.length = 0;
    const code = text.codePointAt(at)!;
    this.#add(code, at + (code > 0xffff ? 2 : 1));
    if (code === 0x25) this.#readPercent(text, at);
    else if (code === 0x26) this.#readEntity(text, at);
    else if (code === 0x5c) this.#readBackslash(text, at);
    return this;
  }

  /** Whether an ASCII character may begin an escape. */
  isEscape(code: number): boolean {
    return code === 0x25 || code === 0x26 || code === 0x5c;
  }

  #add(code: number, next: number): void {
    this.codes.push(this.fold(code));
    this.nexts.push(next);
  }

  /** `%41`, also escaped again as `%2541`; the bytes of one letter in UTF-8; what the old `escape` of scripts makes of letters beyond ASCII: `%E9`, `%u20AC`. */
  #readPercent(text: string, at: number): void {
    let digits = at + 1;
    for (; text.startsWith('25', digits); digits += 2) this.#add(0x25, digits + 2);
    if (text[digits] === 'u') this.#addHex(text, digits + 1, digits + 5);
    const lead = this.#hex(text, digits, digits + 2);
    let next = digits + 2;
    this.#visited(next - at);
    if (lead < 0x80) return lead < 0 ? undefined : void this.#add(lead, next);
    this.#add(lead, next);
    const more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    let code = lead & (0x3f >> more);
    for (let byte = 0; byte < more; byte += 1) {
      if (text.charCodeAt(next) !== 0x25) return;
      next += 1;
      while (text.startsWith('25', next)) next += 2;
      const value = this.#hex(text, next, next + 2);
      if (value < 0) return;
      code = (code << 6) | (value & 0x3f);
      next += 2;
    }
    this.#visited(next - at);
    this.#add(code, next);
  }

  #readEntity(text: string, at: number): void {
    if (text[at + 1] === '#') {
      const isHex = text[at + 2] === 'x' || text[at + 2] === 'X';
      const from = at + (isHex ? 3 : 2);
      const [code, next] = this.#number(text, from, isHex ? 16 : 10);
      if (next > from && text[next] === ';') this.#add(code, next + 1);
      return;
    }
    const named: Record<string, number> = { amp: 0x26, lt: 0x3c, gt: 0x3e, quot: 0x22, apos: 0x27, nbsp: 0x20, shy: 0xad };
    const end = text.slice(at, at + 6).indexOf(';');
    const meant = end < 0 ? undefined : named[text.slice(at + 1, at + end).toLowerCase()];
    if (meant !== undefined) this.#add(meant, at + end + 1);
  }

  #readBackslash(text: string, at: number): void {
    const kind = (text[at + 1] ?? '').toLowerCase();
    if (kind === 'x') this.#addHex(text, at + 2, at + 4);
    if (kind !== 'u') return;
    if (text[at + 2] === '{') this.#readBraced(text, at + 3);
    else this.#readUnits(text, at);
  }

  /** `\u{41}` */
  #readBraced(text: string, from: number): void {
    const [code, next] = this.#number(text, from, 16);
    if (next > from && text[next] === '}') this.#add(code, next + 1);
  }

  /** `\u0041`, and two of them for a letter that is a pair. */
  #readUnits(text: string, at: number): void {
    const high = this.#hex(text, at + 2, at + 6);
    this.#addHex(text, at + 2, at + 6);
    const low = text[at + 6] === '\\' && (text[at + 7] ?? '').toLowerCase() === 'u' ? this.#hex(text, at + 8, at + 12) : -1;
    if (high >= 0xd800 && high < 0xdc00 && low >= 0xdc00 && low < 0xe000) this.#add(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00), at + 12);
  }

  #addHex(text: string, from: number, to: number): void {
    const code = this.#hex(text, from, to);
    if (code >= 0) this.#add(code, to);
  }

  /** The number that the hexadecimal digits of this place are; -1 where something else stands there. */
  #hex(text: string, from: number, to: number): number {
    const [value, next] = to <= text.length ? this.#number(text, from, 16, to) : [0, -1];
    return next === to ? value : -1;
  }

  /** A number of any length, and where it ends; one that is no letter's is given as one that none has. */
  #number(text: string, from: number, base: 10 | 16, to = text.length): [value: number, next: number] {
    let value = 0;
    let next = from;
    for (; next < to; next += 1) {
      const unit = text.charCodeAt(next);
      const digit = unit >= 0x30 && unit <= 0x39 ? unit - 0x30 : base === 16 && (unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x66 ? (unit | 0x20) - 0x57 : -1;
      if (digit < 0) break;
      value = Math.min(value * base + digit, 0x110000);
    }
    this.#visited(next - from);
    return [value, next];
  }

  /** One code for letters that count as the same: capitals, all blanks, halves of a pair. */
  fold(code: number): number {
    if (code < 128) return code >= 0x61 && code <= 0x7a ? code - 0x20 : code === 0x20 || (code >= 9 && code <= 13) ? 0x20 : code;
    const known = this.#folded.get(code);
    if (known !== undefined) return known;
    const folded = this.#foldBeyondAscii(code);
    this.#folded.set(code, folded);
    return folded;
  }

  #foldBeyondAscii(code: number): number {
    if ((code >= 0xd800 && code < 0xe000) || code > 0x10ffff) return 0xfffd;
    const letter = String.fromCodePoint(code);
    if (/\s/.test(letter)) return 0x20;
    const capital = letter.toUpperCase();
    const upper = capital.codePointAt(0)!;
    return upper >= 128 && String.fromCodePoint(upper) === capital ? upper : code;
  }

  /** The letters, folded, that count as one of a form. */
  alike(letter: number, how: SoughtForm['how']): number[] {
    // Base64 has a second alphabet for addresses (RFC 4648, 5).
    const second = how !== 'encoded' ? [] : letter === 0x2b ? [0x2d] : letter === 0x2f ? [0x5f] : [];
    return [letter, ...second].map((code) => this.fold(code));
  }

  /** A blank, or the plus sign that stands for one in forms that are sent. */
  isBlank(letter: number): boolean {
    return letter === 0x20 || letter === 0x2b;
  }

  /** What pages and files put between letters: blanks, hyphens, marks of no width, the empty bytes of wide letters. */
  isSeparator(letter: number): boolean {
    return (
      letter === 0x20 || letter === 0x2d || letter === 0 || (letter >= 0xad && (letter === 0xad || (letter >= 0x200b && letter <= 0x200d) || letter === 0x2060))
    );
  }

  /** Whether this may stand between two letters of a secret: a separator, or what stands for a blank. */
  mayBePassed(code: number): boolean {
    return this.isSeparator(this.fold(code)) || code === 0x2b;
  }

  /** Whether a very short secret may end here. */
  edgeAfter(text: string, at: number): boolean {
    return at >= text.length || this.#isEdge(text.charCodeAt(at)) || text[at] === '%';
  }

  /** Whether a very short secret may begin here; also after an escape, which may be one of a blank. */
  edgeBefore(text: string, at: number): boolean {
    return at === 0 || this.#isEdge(text.charCodeAt(at - 1)) || text[at - 1] === '}' || text[at - 3] === '%' || text[at - 4] === '\\' || text[at - 6] === '\\';
  }

  #isEdge(unit: number): boolean {
    return this.fold(unit) === 0x20 || `"'=&:;,()\\+`.includes(String.fromCharCode(unit));
  }

  /** Where base64 digits end that begin before a secret's end and end after it. */
  endOfDigits(text: string, at: number): number {
    let end = /[\w+/-]/.test(text[at] ?? '') ? at + 1 : at;
    for (let signs = 0; signs < 2 && text[end] === '='; signs += 1) end += 1;
    return end;
  }
}
