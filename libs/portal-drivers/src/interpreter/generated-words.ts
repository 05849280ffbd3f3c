import type { PageView, SeenNode, StyleRules } from './page-node.ts';

/**
 * The words that a style sheet writes before or after what is in an element (`content`), where they say something: a sign, a currency, a part of a
 * number. Arrows, ticks and the letters of icon fonts do not. Runs inside the page and uses nothing from outside itself.
 */
export function generatedWords(node: SeenNode, where: '::before' | '::after', view: PageView): { readonly words: string; readonly isApart: boolean } | null {
  const style = view.getComputedStyle(node, where);
  const { content } = style;
  if (content === 'none' || content === 'normal' || content === '' || content === '""') return null;
  if (style.display === 'none' || style.visibility !== 'visible' || style.opacity === '0' || style.fontSize === '0px') return null;
  // What stands after a stroke is for those who hear the page.
  const parts = content.match(/"(?:[^"\\]|\\.)*"|attr\([\w-]+\)|[a-z-]+\([^)]*\)|\/[^]*$/g) ?? [];
  const words = parts
    .map((part) => {
      if (part.startsWith('"')) return part.slice(1, -1).replace(/\\(.)/g, '$1');
      if (part.startsWith('attr(')) return node.getAttribute?.(part.slice(5, -1)) ?? '';
      // A number that the style sheet counts: nobody here knows it.
      return part.startsWith('counter') ? '#' : '';
    })
    .join('');
  if (!/[\p{L}\p{N}\p{Sc}()+\-−.,:/%#]/u.test(words.replace(/\p{Co}/gu, ''))) return null;
  return { words, isApart: !style.display.startsWith('inline') || ['absolute', 'fixed'].includes(style.position) };
}

/**
 * Whether a style sheet of the page may write words at all: asking each element for them takes as long as reading it, and most pages have but icons and
 * arrows there. A sheet that cannot be looked into may. Runs inside the page and uses nothing from outside itself.
 */
export function mayWriteWords({ styleSheets, adoptedStyleSheets }: SeenNode['ownerDocument']): boolean {
  const writes = (content: string): boolean => {
    if (content === '' || content === 'none' || content === 'normal') return false;
    const strings = content.match(/"(?:[^"\\]|\\.)*"/g) ?? [];
    if (strings.join('') !== content.replace(/\s+/g, (blank) => (strings.some((one) => one.includes(blank)) ? blank : ''))) return true;
    return strings.some((one) => /[\p{L}\p{N}\p{Sc}()+\-−.,:/%#]/u.test(one.slice(1, -1).replace(/\p{Co}/gu, '')));
  };
  const anyOf = (sheet: StyleRules): boolean => {
    try {
      return Array.from(sheet.cssRules ?? []).some((rule) => {
        const isGenerated = /:(before|after)/.test(rule.selectorText ?? '');
        return (isGenerated && writes(rule.style?.content ?? '')) || (rule.styleSheet ? anyOf(rule.styleSheet) : anyOf(rule));
      });
    } catch {
      return true;
    }
  };
  return [...Array.from(styleSheets ?? []), ...Array.from(adoptedStyleSheets ?? [])].some(anyOf);
}
