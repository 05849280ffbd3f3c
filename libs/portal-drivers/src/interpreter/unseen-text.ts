import type { Box, PageView, SeenNode, SeenStyle } from './page-node.ts';

interface Around {
  readonly view: PageView;
  /** Most words of a cell have its colour; that of the others alone is held against what lies behind them. */
  readonly usualColor: string;
  /** Where a text ends. */
  readonly endOf: (node: SeenNode) => Box | null;
}

/**
 * Whether a text that is on the page is drawn so that nobody sees it: without size or colour, in the colour of what lies behind it, or moved out of what
 * cuts it off. `style`: of the element that it stands in. Runs inside the page and uses nothing from outside itself.
 */
export function isUnseenText(node: SeenNode, style: SeenStyle, { view, usualColor, endOf }: Around): boolean {
  const isClear = (color: string): boolean => /^rgba\(.*, 0\)$/.test(color);
  /** The colour that lies behind a text, as far as it is one. */
  const behind = (element: SeenNode | null): string => {
    for (let at = element; at; at = at.parentElement) {
      const { backgroundColor, backgroundImage } = view.getComputedStyle(at);
      if (backgroundImage !== 'none') return '';
      if (!isClear(backgroundColor)) return backgroundColor;
    }
    return 'rgb(255, 255, 255)';
  };

  if (style.visibility !== 'visible' || style.fontSize === '0px' || isClear(style.color)) return true;
  if (style.color !== usualColor && style.color === behind(node.parentElement)) return true;
  if (!style.textIndent.startsWith('-') || style.overflowX === 'visible') return false;
  const [words, around] = [endOf(node), node.parentElement?.getBoundingClientRect?.()];
  return words !== null && around !== undefined && words.right <= around.left;
}
