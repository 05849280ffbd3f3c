import { isDrawnAway } from './drawn-away.ts';
import { generatedWords, mayWriteWords } from './generated-words.ts';
import type { Box, SeenNode, SeenStyle } from './page-node.ts';

export type { SeenNode } from './page-node.ts';

/** The words of an element as a person sees them. */
export interface SeenWords {
  /** One line, single blanks. */
  readonly text: string;
  /** How many separate pieces they stand in: a line break, a block, a gap, or another height on the line begins a new one. */
  readonly pieces: number;
}

/** What goes along into the page. */
interface Given {
  readonly isDrawnAway: typeof isDrawnAway;
  readonly generatedWords: typeof generatedWords;
  readonly mayWriteWords: typeof mayWriteWords;
  /** Found out once for all that is read of a page at a time. */
  writes?: boolean;
}

/**
 * Reads an element's words where they are seen: hidden text is left out, what is typed into a field counts, and what stands apart does not run
 * together (`120<br>50` is no 12050, and neither is `$80` with a small raised `00` an 8000). Runs inside the page and uses nothing from outside itself but
 * what it is given. Its work grows with the number of the element's nodes.
 */
function seenWords(root: SeenNode, given: Given): SeenWords {
  const view = root.ownerDocument.defaultView;
  if (!view) return { text: '', pieces: 0 };
  /** A step aside that a person sees as one, as a part of the height of the letters. */
  const GAP = 0.2;
  const FIELDS = ['text', 'number', 'date', 'datetime-local', 'month', 'week', 'time', 'email', 'tel', 'url', 'search'];
  const UNSEEN = [
    'script',
    'style',
    'template',
    'noscript',
    'datalist',
    'head',
    'title',
    'svg',
    'math',
    'iframe',
    'object',
    'progress',
    'meter',
    'canvas',
    'video',
    'audio',
  ];
  /** Marks for where a word may be broken, or which way it goes: nobody sees them. */
  const MARKS = /[\u00ad\u200b\u200e\u200f\u2060\ufeff]/g;
  let text = '';
  let pieces = 0;
  // What lies between the last words and the next: nothing, a blank, or something that sets them apart.
  let between: 'nothing' | 'blank' | 'apart' = 'nothing';
  // Where the last words stand is asked for when others follow: most cells hold one text.
  let last: SeenNode | null = null;
  const range = root.ownerDocument.createRange();

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

  /** The colour that lies behind a text, as far as it is one. */
  const behind = (node: SeenNode | null): string => {
    for (let at = node; at; at = at.parentElement) {
      const { backgroundColor, backgroundImage } = view.getComputedStyle(at);
      if (backgroundImage !== 'none') return '';
      if (!isClear(backgroundColor)) return backgroundColor;
    }
    return 'rgb(255, 255, 255)';
  };
  const isClear = (color: string): boolean => /^rgba\(.*, 0\)$/.test(color);
  const isUnseen = (node: SeenNode, style: SeenStyle): boolean => {
    if (style.visibility !== 'visible' || style.fontSize === '0px' || isClear(style.color)) return true;
    // Most words of a cell have its colour; that of the others is held against what lies behind them.
    if (style.color !== rootColor && style.color === behind(node.parentElement)) return true;
    if (!style.textIndent.startsWith('-') || style.overflowX === 'visible') return false;
    const [words, around] = [boxOf(node, -1), node.parentElement?.getBoundingClientRect?.()];
    return words !== null && around !== undefined && words.right <= around.left;
  };
  const addText = (node: SeenNode, style: SeenStyle): void => {
    const words = (node.nodeValue ?? '').replace(MARKS, '');
    if (words.trim() === '') return void add(words, null);
    if (isUnseen(node, style)) return;
    const lines = style.whiteSpace.startsWith('pre') || style.whiteSpace === 'break-spaces' ? words.split('\n') : [words];
    for (const [index, line] of lines.entries()) {
      if (index > 0) apart();
      add(line, node);
    }
  };

  const visit = (node: SeenNode, around: SeenStyle): void => {
    if (node.nodeType === 3) return void addText(node, around);
    if (node.shadowRoot) ownSheets = true;
    if (node.nodeType !== 1 || UNSEEN.includes(node.localName ?? '')) return;
    const style = view.getComputedStyle(node);
    if (style.display === 'none') return;
    if (node.localName === 'br') return void apart();
    if (given.isDrawnAway(node, style, view)) return;
    // What is struck out is no part of what stands beside it.
    const isBlock = !/^(inline|contents|ruby)/.test(style.display) || style.textDecorationLine.includes('line-through');
    if (isBlock) apart();
    // Letters that are drawn in another order than they are written in: what is seen is not what is here.
    if (style.unicodeBidi.includes('override')) pieces += 1;
    // Of what is folded away only its heading is seen.
    if (style.contentVisibility === 'hidden') return;
    const shown =
      node.localName === 'details' && node.open === false
        ? Array.from(node.childNodes)
            .filter(({ localName }) => localName === 'summary')
            .slice(0, 1)
        : (node.shadowRoot?.childNodes ?? (node.localName === 'slot' ? node.assignedNodes?.({ flatten: true }) : undefined) ?? node.childNodes);
    if (node.localName === 'select' || node.localName === 'textarea' || node.localName === 'input') addField(node, style);
    else {
      addGenerated(node, '::before');
      for (const child of shown) visit(child, style);
      addGenerated(node, '::after');
    }
    if (isBlock) apart();
  };
  const addGenerated = (node: SeenNode, where: '::before' | '::after'): void => {
    // What draws its own inside may have sheets of its own there.
    given.writes ??= given.mayWriteWords(root.ownerDocument);
    if (!given.writes && !ownSheets) return;
    const found = given.generatedWords(node, where, view);
    if (!found) return;
    if (found.isApart) apart();
    add(found.words, null);
    if (found.isApart) apart();
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
  const rootColor = style.color;
  let ownSheets = root.getRootNode?.() !== root.ownerDocument;
  if (style.display === 'contents' || root.checkVisibility?.() !== false) visit(root, style);
  return { text, pieces };
}

/**
 * A function for the page that is given `seenWords` as its last argument: what runs there knows nothing from here, so its source goes along. The driver sends
 * functions as their source.
 */
export function withSeenWords<E, A, R>(act: (element: E, argument: A, seen: (node: SeenNode) => SeenWords) => R): (element: E, argument: A) => R {
  const given = `{ isDrawnAway: ${isDrawnAway.toString()}, generatedWords: ${generatedWords.toString()}, mayWriteWords: ${mayWriteWords.toString()} }`;
  const source = `(element, argument) => { const given = ${given}, seen = ${seenWords.toString()}; return (${act.toString()})(element, argument, (node) => seen(node, given)); }`;
  return Object.assign((_element: E, _argument: A): R => raise(), { toString: () => source });
}

const raise = (): never => {
  throw new Error('This runs in a page.');
};
