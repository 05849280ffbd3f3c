import type { Box, PageView, SeenNode, SeenStyle } from './page-node.ts';

/**
 * Whether an element and all that is in it is drawn so that nobody sees it: transparent, cut to nothing, shrunk to nothing, or beside the page. Runs
 * inside the page and uses nothing from outside itself.
 */
export function isDrawnAway(node: SeenNode, style: SeenStyle, view: PageView): boolean {
  /** As transparent as this is gone. */
  const FAINT = 0.02;
  const isEmptyClip = (clip: string): boolean => {
    if (!clip.startsWith('rect(')) return false;
    const [top = 0, right = 0, bottom = 0, left = 0] = (clip.match(/-?[\d.]+/g) ?? []).map(Number);
    return right - left <= 1 || bottom - top <= 1;
  };
  const isEmptyInset = (places: string): boolean => {
    const [top = 0, right = top, bottom = top, left = right] = (places.split('round')[0]?.match(/-?[\d.]+%/g) ?? []).map(parseFloat);
    return top + bottom >= 100 || right + left >= 100;
  };
  const isEmptyPolygon = (places: string): boolean => {
    const points = places.split(',').map((point) => point.trim().split(/\s+/));
    return [0, 1].some((way) => new Set(points.map((point) => point[way])).size === 1);
  };
  const isEmptyPath = (path: string): boolean => {
    if (path.startsWith('circle(0')) return true;
    const [, kind, places = ''] = /^(inset|polygon)\(([^)]*)\)/.exec(path) ?? [];
    if (kind === 'inset') return isEmptyInset(places);
    return kind === 'polygon' && isEmptyPolygon(places);
  };
  const isTransparent = (): boolean => Number(style.opacity) < FAINT || /opacity\(0(\.0\d*)?\)/.test(style.filter);
  const isCutToNothing = (): boolean =>
    (style.clipPath !== 'none' && isEmptyPath(style.clipPath)) || (style.position === 'absolute' && isEmptyClip(style.clip));
  const isShrunk = ({ width, height }: Box): boolean =>
    (style.transform !== 'none' && (width < 1 || height < 1)) ||
    (width <= 1 && style.overflowX !== 'visible') ||
    (height <= 1 && style.overflowY !== 'visible');
  const isBesideThePage = ({ width, right, bottom }: Box): boolean => width > 0 && (right + view.scrollX <= 0 || bottom + view.scrollY <= 0);

  if (isTransparent()) return true;
  // It has no box of its own that anything else could be done to.
  if (style.display === 'contents') return false;
  if (isCutToNothing()) return true;
  const isMoved = ['absolute', 'fixed', 'relative'].includes(style.position) || style.transform !== 'none';
  // Where an element is takes long to ask for, and of most it need not be known.
  if (!isMoved && style.overflowX === 'visible' && style.overflowY === 'visible') return false;
  const box = node.getBoundingClientRect?.();
  return box !== undefined && (isShrunk(box) || (isMoved && isBesideThePage(box)));
}
