import { REDACTED } from './addresses.ts';
import { isHidden } from './hidden-names.ts';

/** A name, and what stands between it and its value. Of a longer name its end: what it is of. */
const NAMES =
  /(?:(?<!\w)|(?<=\w{64}))(\w[\w.-]{0,63})(\\{0,8}["']?(?:\](?:\[\w{0,20}\])?|\[\w{0,20}\])?\s{0,8}[=:]{1,2}>?(?:\s{0,16}(?=\\{0,8}["'`])|[ \t]{0,8}))/g;
const QUOTE = /(\\{0,8})(["'`])/y;
/** Behind a value: the end, a blank, or signs that lead to another name. A quote, a comma, a bracket that nothing of this follows is the value's own. */
const AFTER = /(?:[.!?:]{0,3}(?:\s|$)|<\/|[\\"'`([{]{0,4}[\w.-]{1,64}\\{0,8}["']?\s?[=:])/.source;
const AFTER_BARE = new RegExp(/[,;&"'`(){}[\]\\]{1,8}/.source + AFTER, 'y');
const AFTER_QUOTE = new RegExp(/[,;&"'`)}\]>\\]{0,8}/.source + AFTER, 'y');
/** As a part of an address is masked before. */
const MASKED = /\[redacted\](?=[/\\;&?#])/y;
/** A quote behind it begins a value. */
const OPENS = /[\s,;&][\w.-]{1,64}[=:]$/;

/** `name=value` and `"name":"value"` of a hidden name. What is no value of one is looked at itself: it may hold one. */
export function maskAssignments(text: string): string {
  let [masked, from] = ['', 0];
  for (const { 0: whole, 1: name = '', 2: between = '', index } of text.matchAll(NAMES)) {
    const at = index + whole.length;
    if (index < from || !isHidden(name) || !isField({ name, between, value: text.slice(at, at + LOOKED_AT) }) || matchAt(MASKED, text, at)) continue;
    const quote = matchAt(QUOTE, text, at)?.[2] ?? '';
    const end = quote === '' ? endOfBare(text, at) : endOfQuoted(text, at);
    if (end === at) continue;
    masked += text.slice(from, at) + quote + REDACTED + quote;
    from = end;
  }
  return masked + text.slice(from);
}

const LOOKED_AT = 64;
const PASSWORD = /(?:password|passwd|pwd|passphrase|passcode)$/i;
/** Letters and digits, or signs that no word has. */
const NO_WORD = /^(?=.*\d)(?=.*[a-z])|[@#$%^&*+=~]/i;

/** `name: words` is how people write, but of a password what is no word; a field has its name or its value in quotes, or is a list, a record or a number. */
function isField({ name, between, value }: { readonly name: string; readonly between: string; readonly value: string }): boolean {
  if (between.includes('=') || /["']/.test(between) || /^(?:\\{0,8}["'`[{]|\d[\d-]{3})/.test(value)) return true;
  return PASSWORD.test(name) && (between === ':' || NO_WORD.test(/^\S*?(?=[.,;:]*(?:\s|$))/.exec(value)?.[0] ?? ''));
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function endOfBare(text: string, from: number): number {
  let at = '([{'.includes(text[from] ?? ' ') ? endOfGroup(text, from) : from;
  while (at < text.length && !/\s/.test(text[at] ?? '') && !matchAt(AFTER_BARE, text, at)) at += 1;
  return at;
}

/** Of what stands in brackets; of what nobody closes it is the text's. */
function endOfGroup(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length;) {
    const sign = text[at] ?? '';
    if ('\\"\'`'.includes(sign) && matchAt(QUOTE, text, at)) {
      at = endOfQuoted(text, at);
      continue;
    }
    at += 1;
    if ('([{'.includes(sign)) depth += 1;
    if (')]}'.includes(sign) && --depth === 0) return at;
  }
  return text.length;
}

/** Of what stands in quotes, or in those of a text that is quoted itself (`\"`), however often; of what nobody closes it is the text's. */
function endOfQuoted(text: string, from: number): number {
  const [whole = '', slashes = '', quote = ''] = matchAt(QUOTE, text, from) ?? [];
  const start = from + whole.length;
  for (let at = text.indexOf(quote, start); at !== -1; at = text.indexOf(quote, at + 1)) {
    if (isEscaped(text, { start, at, depth: slashes.length })) continue;
    // As SQL has it: two are one that ends nothing.
    if (text[at + 1] === quote && slashes === '') at += 1;
    else if (endsValue(text, start, at)) return at + 1;
  }
  return text.length;
}

interface Quoted {
  readonly start: number;
  readonly at: number;
  /** So many backslashes stand before the first quote, and before the last. */
  readonly depth: number;
}

/** As JSON has it. */
function isEscaped(text: string, { start, at, depth }: Quoted): boolean {
  let before = 0;
  while (at - before > start && text[at - before - 1] === '\\') before += 1;
  return before >= depth && ((before - depth) / (depth + 1)) % 2 !== 0;
}

/** Something may follow a value here, and what stands before is not `name=`, of which the quote is the first: `'O'Neil'`, `' and token=' x'`. */
function endsValue(text: string, start: number, at: number): boolean {
  if (!matchAt(AFTER_QUOTE, text, at + 1)) return false;
  return !/\s/.test(text[at + 1] ?? '') || !OPENS.test(text.slice(Math.max(start, at - 80), at));
}

const ELEMENTS = /<(?:\w{1,64}:)?([\w.-]{1,64})(?:\s[^<>]{0,256})?>(?:<!\[CDATA\[)?(?=[^<]+<\/|[^<]+\]\]>)/g;

/** `<password>value</password>`. */
export function maskElements(text: string): string {
  let [masked, from] = ['', 0];
  for (const { 0: open, 1: name = '', index } of text.matchAll(ELEMENTS)) {
    if (index < from || !isHidden(name)) continue;
    const start = index + open.length;
    masked += text.slice(from, start) + REDACTED;
    from = text.indexOf('<', start);
    if (from === -1) return masked;
  }
  return masked + text.slice(from);
}
