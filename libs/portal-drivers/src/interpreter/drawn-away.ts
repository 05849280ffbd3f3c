import type { PageView, SeenNode, SeenStyle } from './page-node.ts';

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
  const isEmptyPath = (path: string): boolean => {
    if (path.startsWith('circle(0')) return true;
    const [, kind, places = ''] = /^(inset|polygon)\(([^)]*)\)/.exec(path) ?? [];
    if (kind === 'inset') {
      const [top = 0, right = top, bottom = top, left = right] = (places.split('round')[0]?.match(/-?[\d.]+%/g) ?? []).map(parseFloat);
      return top + bottom >= 100 || right + left >= 100;
    }
    const points = places.split(',').map((point) => point.trim().split(/\s+/));
    return kind === 'polygon' && [0, 1].some((way) => new Set(points.map((point) => point[way])).size === 1);
  };

  if (Number(style.opacity) < FAINT || /opacity\(0(\.0\d*)?\)/.test(style.filter)) return true;
  if (style.display === 'contents') return false;
  const placed = style.position === 'absolute' || style.position === 'fixed';
  if (style.clipPath !== 'none' && isEmptyPath(style.clipPath)) return true;
  if (style.position === 'absolute' && isEmptyClip(style.clip)) return true;
  const moved = placed || style.position === 'relative' || style.transform !== 'none';
  if (!moved && style.overflowX === 'visible' && style.overflowY === 'visible') return false;
  const box = node.getBoundingClientRect?.();
  if (!box) return false;
  if (style.transform !== 'none' && (box.width < 1 || box.height < 1)) return true;
  const small = (box.width <= 1 && style.overflowX !== 'visible') || (box.height <= 1 && style.overflowY !== 'visible');
  return small || (moved && box.width > 0 && (box.right + view.scrollX <= 0 || box.bottom + view.scrollY <= 0));
}
