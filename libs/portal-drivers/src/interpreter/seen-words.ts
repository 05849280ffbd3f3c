/** The words of an element as a person sees them. */
export interface SeenWords {
  /** One line, single blanks. */
  readonly text: string;
  /** How many separate pieces they stand in: a line break, a block, a gap, or another height on the line begins a new one. */
  readonly pieces: number;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly width: number;
  readonly height: number;
}

interface SeenStyle {
  readonly display: string;
  readonly visibility: string;
  readonly opacity: string;
  readonly overflowX: string;
  readonly overflowY: string;
  readonly position: string;
  readonly clip: string;
  readonly clipPath: string;
  readonly fontSize: string;
  readonly color: string;
  readonly whiteSpace: string;
  readonly contentVisibility: string;
}

/** As much of a page's nodes as is used here; this project's own types know no page. */
export interface SeenNode {
  readonly nodeType: number;
  readonly nodeValue: string | null;
  readonly childNodes: Iterable<SeenNode>;
  readonly localName?: string;
  readonly type?: string;
  readonly value?: unknown;
  readonly open?: boolean;
  readonly selectedOptions?: Iterable<SeenNode>;
  readonly textContent: string | null;
  readonly ownerDocument: {
    createRange(): { selectNodeContents(node: SeenNode): void; getClientRects(): ArrayLike<Box> };
    readonly defaultView: { getComputedStyle(node: SeenNode): SeenStyle; readonly scrollX: number; readonly scrollY: number } | null;
  };
  getBoundingClientRect?(): Box;
  checkVisibility?(): boolean;
}

/**
 * Reads an element's words where they are seen: hidden text is left out, what is typed into a field counts, and what stands apart does not run
 * together (`120<br>50` is no 12050, and neither is `$80` with a small raised `00` an 8000). Runs inside the page and uses nothing from outside itself. Its
 * work grows with the number of the element's nodes.
 */
export function seenWords(root: SeenNode): SeenWords {
  const view = root.ownerDocument.defaultView;
  if (!view) return { text: '', pieces: 0 };
  /** A step aside that a person sees as one, as a part of the height of the letters. */
  const GAP = 0.2;
  const FIELDS = ['text', 'number', 'date', 'datetime-local', 'month', 'week', 'time', 'email', 'tel', 'url', 'search'];
  const UNSEEN = ['script', 'style', 'template', 'noscript', 'datalist', 'head', 'title', 'svg', 'math', 'iframe', 'object'];
  let text = '';
  let pieces = 0;
  // What lies between the last words and the next: nothing, a blank, or something that sets them apart.
  let between: 'nothing' | 'blank' | 'apart' = 'nothing';
  // Where the last words stand is asked for when others follow: most cells hold one text.
  let last: SeenNode | null = null;
  const range = root.ownerDocument.createRange();

  const isCut = (node: SeenNode, style: SeenStyle): boolean => {
    const placed = style.position === 'absolute' || style.position === 'fixed';
    if (/^(inset\((50|100)%|circle\(0)/.test(style.clipPath) || (style.position === 'absolute' && isEmptyClip(style.clip))) return true;
    if (!placed && style.overflowX === 'visible' && style.overflowY === 'visible') return false;
    const box = node.getBoundingClientRect?.();
    if (!box) return false;
    const small = (box.width <= 1 && style.overflowX !== 'visible') || (box.height <= 1 && style.overflowY !== 'visible');
    return small || (placed && (box.right + view.scrollX <= 0 || box.bottom + view.scrollY <= 0));
  };
  const isEmptyClip = (clip: string): boolean => {
    if (!clip.startsWith('rect(')) return false;
    const [top = 0, right = 0, bottom = 0, left = 0] = (clip.match(/-?[\d.]+/g) ?? []).map(Number);
    return right - left <= 1 || bottom - top <= 1;
  };
  /** The first or the last box of a text, which may be broken over lines. */
  const boxOf = (node: SeenNode, which: 0 | -1): Box | null => {
    range.selectNodeContents(node);
    return (
      Array.from(range.getClientRects())
        .filter(({ width, height }) => width > 0 && height > 0)
        .at(which) ?? null
    );
  };
  /** What lies between two texts of one block, seen by where they stand. A line that is broken at a blank goes on below. */
  const setApart = (one: SeenNode, other: SeenNode): void => {
    const [from, to] = [boxOf(one, -1), boxOf(other, 0)];
    if (!from || !to) return;
    const height = Math.min(from.height, to.height) || 1;
    const isBelow = Math.min(from.bottom, to.bottom) - Math.max(from.top, to.top) <= 0;
    const isRaised = Math.abs((from.top + from.bottom - to.top - to.bottom) / 2) > 0.15 * Math.max(from.height, to.height);
    if (isBelow) between = between === 'blank' ? 'blank' : 'apart';
    else if (isRaised) pieces += 1;
    else if (between === 'nothing' && Math.abs(to.left - from.right) > GAP * height) between = 'apart';
  };
  const add = (words: string, node: SeenNode | null): void => {
    const clean = words.replace(/\s+/g, ' ').trim();
    if (/^\s/.test(words) && between === 'nothing') between = 'blank';
    if (clean === '') return;
    if (node && last && between !== 'apart') setApart(last, node);
    if (text === '' || between === 'apart') pieces += 1;
    text += (text !== '' && between !== 'nothing' ? ' ' : '') + clean;
    between = /\s$/.test(words) ? 'blank' : 'nothing';
    last = node;
  };
  const apart = (): void => void (between = 'apart');

  const addText = (node: SeenNode, style: SeenStyle): void => {
    const words = node.nodeValue ?? '';
    if (words.trim() === '') return add(words, null);
    if (style.visibility !== 'visible' || style.fontSize === '0px' || /^rgba\(.*, 0\)$/.test(style.color)) return;
    const lines = style.whiteSpace.startsWith('pre') || style.whiteSpace === 'break-spaces' ? words.split('\n') : [words];
    for (const [index, line] of lines.entries()) {
      if (index > 0) apart();
      add(line, node);
    }
  };

  const visit = (node: SeenNode, around: SeenStyle): void => {
    if (node.nodeType === 3) return addText(node, around);
    if (node.nodeType !== 1 || UNSEEN.includes(node.localName ?? '')) return;
    const style = view.getComputedStyle(node);
    if (style.display === 'none' || style.opacity === '0') return;
    if (node.localName === 'br') return apart();
    if (style.display !== 'contents' && isCut(node, style)) return;
    const isBlock = !/^(inline|contents|ruby)/.test(style.display);
    if (isBlock) apart();
    // Of what is folded away only its heading is seen.
    if (style.contentVisibility === 'hidden') return;
    const shown =
      node.localName === 'details' && node.open === false
        ? Array.from(node.childNodes)
            .filter(({ localName }) => localName === 'summary')
            .slice(0, 1)
        : node.childNodes;
    if (node.localName === 'select' || node.localName === 'textarea' || node.localName === 'input') addField(node, style);
    else for (const child of shown) visit(child, style);
    if (isBlock) apart();
  };
  const addField = (node: SeenNode, style: SeenStyle): void => {
    if (style.visibility !== 'visible') return;
    if (node.localName === 'input' && !FIELDS.includes(node.type ?? 'text')) return;
    const values = node.selectedOptions
      ? Array.from(node.selectedOptions, (option) => option.textContent ?? '')
      : [typeof node.value === 'string' ? node.value : ''];
    for (const value of values) {
      apart();
      add(value, null);
      apart();
    }
  };

  // What is around it may hide it too; below it every step is looked at.
  const style = view.getComputedStyle(root);
  if (style.display === 'contents' || root.checkVisibility?.() !== false) visit(root, style);
  return { text, pieces };
}

/**
 * A function for the page that is given `seenWords` as its last argument: what runs there knows nothing from here, so its source goes along. The driver sends
 * functions as their source.
 */
export function withSeenWords<E, A, R>(act: (element: E, argument: A, seen: (node: SeenNode) => SeenWords) => R): (element: E, argument: A) => R {
  const source = `(element, argument) => (${act.toString()})(element, argument, ${seenWords.toString()})`;
  return Object.assign((_element: E, _argument: A): R => raise(), { toString: () => source });
}

const raise = (): never => {
  throw new Error('This runs in a page.');
};
