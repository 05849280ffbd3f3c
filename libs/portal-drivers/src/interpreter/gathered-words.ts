import type { Box, SeenNode } from './page-node.ts';

/**
 * The words of an element as they are met one after the other, on one line with single blanks; what stands apart on the page does not run together. Runs
 * inside the page and uses nothing from outside itself.
 */
export class GatheredWords {
  text = '';
  /** How many separate pieces they stand in. */
  pieces = 0;
  /** What lies between the last words and the next: nothing, a blank, or something that sets them apart. */
  #between: 'nothing' | 'blank' | 'apart' = 'nothing';
  /** Where the last words stand is asked for when others follow: most cells hold one text. */
  #last: SeenNode | null = null;
  readonly #range: ReturnType<SeenNode['ownerDocument']['createRange']>;

  constructor(document: SeenNode['ownerDocument']) {
    this.#range = document.createRange();
  }

  /** `node`: the text that they are; `null` where they are not drawn as one. */
  add(words: string, node: SeenNode | null): void {
    const clean = words.replace(/\s+/g, ' ').trim();
    if (/^\s/.test(words) && this.#between === 'nothing') this.#between = 'blank';
    if (clean === '') return;
    if (node && this.#last && this.#between !== 'apart') this.#setApart(this.#last, node);
    if (this.text === '' || this.#between === 'apart') this.pieces += 1;
    this.text += (this.text !== '' && this.#between !== 'nothing' ? ' ' : '') + clean;
    this.#between = /\s$/.test(words) ? 'blank' : 'nothing';
    this.#last = node;
  }

  /** What comes next stands apart. */
  apart(): void {
    this.#between = 'apart';
  }

  /** The first or the last box of a text, which may be broken over lines. */
  boxOf(node: SeenNode, which: 'first' | 'last'): Box | null {
    this.#range.selectNodeContents(node);
    const boxes = Array.from(this.#range.getClientRects()).filter(({ width, height }) => width > 0 && height > 0);
    return boxes.at(which === 'first' ? 0 : -1) ?? null;
  }

  /** What lies between two texts of one block, seen by where they stand. A line that is broken at a blank goes on below. */
  #setApart(one: SeenNode, other: SeenNode): void {
    /** A step aside that a person sees as one, as a part of the height of the letters. */
    const GAP = 0.2;
    const [from, to] = [this.boxOf(one, 'last'), this.boxOf(other, 'first')];
    if (!from || !to) return;
    const height = Math.min(from.height, to.height) || 1;
    const isBelow = Math.min(from.bottom, to.bottom) - Math.max(from.top, to.top) <= 0;
    const isRaised = Math.abs((from.top + from.bottom - to.top - to.bottom) / 2) > 0.15 * Math.max(from.height, to.height);
    if (isBelow) this.#between = this.#between === 'blank' ? 'blank' : 'apart';
    else if (isRaised) this.pieces += 1;
    else if (this.#between === 'nothing' && Math.abs(to.left - from.right) > GAP * height) this.#between = 'apart';
  }
}
