import { sentAs, sourceOf } from '../page-source.ts';
import { isDrawnAway } from './drawn-away.ts';
import { drawnIn, fieldValues } from './drawn-inside.ts';
import { GatheredWords } from './gathered-words.ts';
import { generatedWords, mayWriteWords } from './generated-words.ts';
import type { SeenNode, SeenStyle } from './page-node.ts';
import { isUnseenText } from './unseen-text.ts';

export type { SeenNode } from './page-node.ts';

/** The words of an element as a person sees them. */
export interface SeenWords {
  /** One line, single blanks. */
  readonly text: string;
  /** How many separate pieces they stand in: a line break, a block, a gap, or another height on the line begins a new one. */
  readonly pieces: number;
}

/** What goes along into the page: each of them uses nothing from outside itself. */
const PARTS = { GatheredWords, drawnIn, fieldValues, isDrawnAway, isUnseenText, generatedWords, mayWriteWords };

type Given = typeof PARTS & {
  /** Found out once for all that is read of a page at a time. */
  writes?: boolean;
};

/**
 * Reads an element's words where they are seen: hidden text is left out, what is typed into a field counts, and what stands apart does not run
 * together (`120<br>50` is no 12050, and neither is `$80` with a small raised `00` an 8000). Runs inside the page and uses nothing from outside itself but
 * what it is given. Its work grows with the number of the element's nodes.
 */
function seenWords(root: SeenNode, given: Given): SeenWords {
  const view = root.ownerDocument.defaultView;
  if (!view) return { text: '', pieces: 0 };
  const UNSEEN = /^(script|style|template|noscript|datalist|head|title|svg|math|iframe|object|progress|meter|canvas|video|audio)$/;
  /** Marks for where a word may be broken, or which way it goes: nobody sees them. */
  const MARKS = /[\u00ad\u200b\u200e\u200f\u2060\ufeff]/g;
  const found = new given.GatheredWords(root.ownerDocument);
  const rootStyle = view.getComputedStyle(root);
  const around = { view, usualColor: rootStyle.color, endOf: (node: SeenNode) => found.boxOf(node, 'last') };
  let ownSheets = root.getRootNode?.() !== root.ownerDocument;

  const addText = (node: SeenNode, style: SeenStyle): void => {
    const words = (node.nodeValue ?? '').replace(MARKS, '');
    if (words.trim() === '') return void found.add(words, null);
    if (given.isUnseenText(node, style, around)) return;
    const lines = style.whiteSpace.startsWith('pre') || style.whiteSpace === 'break-spaces' ? words.split('\n') : [words];
    for (const [index, line] of lines.entries()) {
      if (index > 0) found.apart();
      found.add(line, node);
    }
  };
  const addAlone = (words: string): void => {
    found.apart();
    found.add(words, null);
    found.apart();
  };
  const addGenerated = (node: SeenNode, where: '::before' | '::after'): void => {
    // What draws its own inside may have sheets of its own there.
    given.writes ??= given.mayWriteWords(root.ownerDocument);
    if (!given.writes && !ownSheets) return;
    const generated = given.generatedWords(node, where, view);
    if (generated?.isApart) addAlone(generated.words);
    else if (generated) found.add(generated.words, null);
  };

  const addInside = (node: SeenNode, style: SeenStyle): void => {
    // Letters that are drawn in another order than they are written in: what is seen is not what is here.
    if (style.unicodeBidi.includes('override')) found.pieces += 1;
    if (style.contentVisibility === 'hidden') return;
    const values = given.fieldValues(node, style);
    if (values) return void values.forEach(addAlone);
    addGenerated(node, '::before');
    for (const child of given.drawnIn(node)) visit(child, style);
    addGenerated(node, '::after');
  };
  const visit = (node: SeenNode, outer: SeenStyle): void => {
    if (node.nodeType === 3) return void addText(node, outer);
    if (node.shadowRoot) ownSheets = true;
    if (node.nodeType !== 1 || UNSEEN.test(node.localName ?? '')) return;
    const style = view.getComputedStyle(node);
    if (style.display === 'none') return;
    if (node.localName === 'br') return void found.apart();
    if (given.isDrawnAway(node, style, view)) return;
    // What is struck out is no part of what stands beside it.
    const isApart = !/^(inline|contents|ruby)/.test(style.display) || style.textDecorationLine.includes('line-through');
    if (isApart) found.apart();
    addInside(node, style);
    if (isApart) found.apart();
  };

  // What is around it may hide it too; below it every step is looked at.
  if (rootStyle.display === 'contents' || root.checkVisibility?.() !== false) visit(root, rootStyle);
  return { text: found.text, pieces: found.pieces };
}

/** A function for the page that is given `seenWords` as its last argument: what runs there knows nothing from here, so its source goes along. */
export function withSeenWords<E, A, R>(act: (element: E, argument: A, seen: (node: SeenNode) => SeenWords) => R): (element: E, argument: A) => R {
  const source = `(element, argument) => { const given = ${sourceOf(PARTS)}, seen = ${seenWords.toString()}; return (${act.toString()})(element, argument, (node) => seen(node, given)); }`;
  return sentAs(source);
}
