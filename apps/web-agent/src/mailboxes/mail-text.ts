/** Nobody is shown what stands in these. */
const UNSEEN: ReadonlySet<string> = new Set(['head', 'style', 'script', 'title', 'template', 'noscript', 'textarea', 'select', 'object']);
/** These go on in the line; everything else begins a new one. */
const INLINE: ReadonlySet<string> = new Set([
  'a',
  'abbr',
  'b',
  'bdi',
  'bdo',
  'big',
  'cite',
  'code',
  'em',
  'font',
  'i',
  'mark',
  'q',
  's',
  'small',
  'span',
  'strong',
  'sub',
  'sup',
  'tt',
  'u',
  'wbr',
]);
/** Tags that have no end. */
const VOID: ReadonlySet<string> = new Set(['area', 'base', 'br', 'col', 'embed', 'hr', 'img', 'input', 'link', 'meta', 'source', 'track', 'wbr']);
const HIDING = /display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])|mso-hide\s*:\s*all/i;

/** Tags that are open at once in no mail: the parser looks through all of them at each end. */
const MOST_OPEN = 500;

/** The text of a mail's HTML as a person reads it: what is hidden is left out, blocks and line breaks are new lines. `null`: it is nested too deeply. In linear time. */
export async function textOfHtml(html: string): Promise<string | null> {
  const { Parser } = await import('htmlparser2');
  const seen = new SeenText();
  let open = 0;
  const parser = new Parser({
    onopentag(name, attributes) {
      seen.open(name, attributes);
      open += 1;
      if (open > MOST_OPEN) throw new TooDeep();
    },
    ontext: (text) => seen.text(text),
    onclosetag(name) {
      open -= 1;
      seen.close(name);
    },
  });
  try {
    parser.end(html);
  } catch (error) {
    if (error instanceof TooDeep) return null;
    throw error;
  }
  return seen.parts.join('');
}

class TooDeep extends Error {}

class SeenText {
  readonly parts: string[] = [];
  /** How many open tags there are since the first that hides; 0: nothing is hidden. */
  #hidden = 0;

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    if (this.#hidden > 0) this.#hidden += Number(!VOID.has(name));
    else if (UNSEEN.has(name) || 'hidden' in attributes || HIDING.test(attributes.style ?? '')) this.#hidden = VOID.has(name) ? 0 : 1;
    else this.#line(name);
  }

  text(text: string): void {
    if (this.#hidden === 0) this.parts.push(text);
  }

  close(name: string): void {
    if (VOID.has(name)) return;
    if (this.#hidden > 0) this.#hidden -= 1;
    else this.#line(name);
  }

  #line(name: string): void {
    if (!INLINE.has(name)) this.parts.push('\n');
  }
}
