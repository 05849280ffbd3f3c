import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { isDrawnAway } from './drawn-away.ts';
import type { Box, PageView, SeenNode, SeenStyle } from './page-node.ts';

/** As a browser tells it of an element that nothing was said of. */
const PLAIN = {
  opacity: '1',
  filter: 'none',
  display: 'block',
  position: 'static',
  transform: 'none',
  overflowX: 'visible',
  overflowY: 'visible',
  clip: 'auto',
  clipPath: 'none',
} as SeenStyle;
const CUT_OFF: Partial<SeenStyle> = { overflowX: 'hidden', overflowY: 'hidden' };
const PLACED: Partial<SeenStyle> = { position: 'absolute' };
const BOX: Box = { left: 10, right: 110, top: 10, bottom: 30, width: 100, height: 20 };
const TO_THE_LEFT: Box = { ...BOX, left: -9_999, right: -9_899 };
const ABOVE: Box = { ...BOX, top: -9_999, bottom: -9_979 };

/** Sent to a page as its source, as the driver sends it: there it knows nothing from here. */
const inPage = runInNewContext(`(${isDrawnAway.toString()})`) as typeof isDrawnAway;

function drawnAway(style: Partial<SeenStyle>, box: Box = BOX, scrolled: { readonly x?: number; readonly y?: number } = {}): boolean {
  const node = { getBoundingClientRect: () => box } as SeenNode;
  return inPage(node, { ...PLAIN, ...style }, { scrollX: scrolled.x ?? 0, scrollY: scrolled.y ?? 0 } as PageView);
}

describe('isDrawnAway', () => {
  it.each<[string, Partial<SeenStyle>, Box?]>([
    ['is transparent', { opacity: '0' }],
    ['is as good as transparent', { opacity: '0.01' }],
    ['is made transparent by a filter', { filter: 'blur(1px) opacity(0)' }],
    ['is made transparent by a filter, and has no box of its own', { filter: 'opacity(0.0)', display: 'contents' }],
    ['is cut to a circle of nothing', { clipPath: 'circle(0px at 50% 50%)' }],
    ['is cut from above and below', { clipPath: 'inset(50%)' }],
    ['is cut from the sides, with round corners', { clipPath: 'inset(0% 40% 0% 60% round 5px)' }],
    ['is cut to a line', { clipPath: 'polygon(0px 0px, 10px 0px, 20px 0px)' }],
    ['is placed and cut to a point', { ...PLACED, clip: 'rect(1px, 1px, 1px, 1px)' }],
    ['is placed and cut to a line', { ...PLACED, clip: 'rect(0px, 100px, 1px, 0px)' }],
    ['is shrunk to nothing', { transform: 'matrix(0, 0, 0, 1, 0, 0)' }, { ...BOX, width: 0 }],
    ['is shrunk to a line', { transform: 'matrix(1, 0, 0, 0, 0, 0)' }, { ...BOX, height: 0 }],
    ['is too narrow for what it cuts off', CUT_OFF, { ...BOX, width: 1 }],
    ['is too low for what it cuts off', CUT_OFF, { ...BOX, height: 1 }],
    ['is placed to the left of the page', PLACED, TO_THE_LEFT],
    ['is placed above the page', { position: 'fixed' }, ABOVE],
    ['is moved to the left of the page', { position: 'relative' }, TO_THE_LEFT],
    ['is turned out of the page', { transform: 'matrix(1, 0, 0, 1, -9999, 0)' }, TO_THE_LEFT],
  ])('finds what %s', (_what, style, box) => {
    expect(drawnAway(style, box)).toBe(true);
  });

  it.each<[string, Partial<SeenStyle>, Box?]>([
    ['stands where it is written', {}],
    ['is faint', { opacity: '0.02' }],
    ['is faint by a filter', { filter: 'opacity(0.5)' }],
    ['has no box of its own, whatever else is said of it', { display: 'contents', clipPath: 'inset(50%)', ...PLACED }, TO_THE_LEFT],
    ['is cut to a circle', { clipPath: 'circle(40px)' }],
    ['is cut a little', { clipPath: 'inset(10% 20%)' }],
    ['is cut by a measure that says nothing of its size', { clipPath: 'inset(50px)' }],
    ['is cut to a triangle', { clipPath: 'polygon(0px 0px, 10px 0px, 10px 10px)' }],
    ['is cut to an ellipse', { clipPath: 'ellipse(10px 10px)' }],
    ['is placed and cut a little', { ...PLACED, clip: 'rect(0px, 50px, 20px, 0px)' }],
    ['has a cut that counts only for what is placed', { clip: 'rect(0px, 0px, 0px, 0px)' }],
    ['is small, and cuts nothing off', PLACED, { ...BOX, width: 0, height: 0 }],
    ['has no width beside the page: what hangs out of it may reach into the page', PLACED, { ...TO_THE_LEFT, width: 0 }],
    ['cuts off what is too long for it', CUT_OFF],
    ['is placed where it is seen', PLACED],
    ['is not moved: the page is scrolled past it', CUT_OFF, TO_THE_LEFT],
  ])('leaves what %s', (_what, style, box) => {
    expect(drawnAway(style, box)).toBe(false);
  });

  it('counts what is out of sight as on the page where one has scrolled past it', () => {
    expect(drawnAway(PLACED, TO_THE_LEFT, { x: 9_900 })).toBe(false);
    expect(drawnAway(PLACED, ABOVE, { y: 9_980 })).toBe(false);
    expect(drawnAway(PLACED, ABOVE, { y: 9_979 })).toBe(true);
  });

  it('leaves what has no box at all', () => {
    expect(isDrawnAway({} as SeenNode, { ...PLAIN, ...PLACED }, { scrollX: 0, scrollY: 0 } as PageView)).toBe(false);
  });
});
