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

/**
 * Reads a document of elements and text in one pass over it. It has no DTD: one is refused, and with it every entity that grows, and every file or address that one would
 * be read from. Throws what `wrong` makes of a problem, which is said without a word of the document.
 */
export function* xmlParts(document: string, wrong: (what: string) => Error): Generator<XmlPart> {
  const open: string[] = [];
  let at = document.startsWith('\uFEFF') ? 1 : 0;
  const until = ([begins, ends]: readonly [string, string]): string => {
    const end = document.indexOf(ends, at + begins.length);
    if (end < 0) throw wrong('it ends in the middle of something');
    const inside = document.slice(at + begins.length, end);
    at = end + ends.length;
    return inside;
  };
  while (at < document.length) {
    if (document[at] !== '<') {
      const end = document.indexOf('<', at);
      const text = document.slice(at, end < 0 ? document.length : end);
      at += text.length;
      if (open.length > 0) yield { kind: 'text', text: resolved(text, wrong) };
      else if (text.trim() !== '') throw wrong('it has text outside of its elements');
      continue;
    }
    const passed = PASSED.find(([begins]) => document.startsWith(begins, at));
    if (passed) until(passed);
    else if (document.startsWith(CDATA[0], at) && open.length > 0) yield { kind: 'text', text: until(CDATA) };
    else if (document.startsWith('<!', at)) throw wrong('it has a document type, which no export has');
    else if (document.startsWith('</', at)) {
      const name = matched(END, document, at)?.[1];
      if (name === undefined || name !== open.pop()) throw wrong('its elements do not end as they begin');
      at = END.lastIndex;
      yield { kind: 'close' };
    } else {
      const found = matched(START, document, at);
      if (!found) throw wrong('it has an element that cannot be read');
      at = START.lastIndex;
      const [, name = '', attributes = '', empty] = found;
      if (open.length >= MOST_DEEP) throw wrong(`its elements are more than ${MOST_DEEP} deep`);
      yield { kind: 'open', name, attributes: attributesIn(attributes, wrong) };
      if (empty === '/') yield { kind: 'close' };
      else open.push(name);
    }
  }
  if (open.length > 0) throw wrong('it ends in the middle of an element');
}

/** Where it stands; the pattern's `lastIndex` is behind it then. */
function matched(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function attributesIn(text: string, wrong: (what: string) => Error): ReadonlyMap<string, string> {
  return new Map([...text.matchAll(ATTRIBUTE)].map(([, name = '', double, single]) => [name, resolved(double ?? single ?? '', wrong)]));
}

function resolved(text: string, wrong: (what: string) => Error): string {
  return text.replaceAll(REFERENCE, (_reference, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return NAMED[name] ?? '';
    const code = hex === undefined ? Number(decimal ?? Number.NaN) : Number.parseInt(hex, 16);
    if (!(code > 0 && code <= 0x10ffff) || (code >= 0xd800 && code <= 0xdfff)) throw wrong('it has a reference to what is no character');
    return String.fromCodePoint(code);
  });
}
