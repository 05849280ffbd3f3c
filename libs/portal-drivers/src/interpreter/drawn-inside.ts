import type { SeenNode, SeenStyle } from './page-node.ts';

/**
 * What is typed into a field or chosen in it; `null`: the element is none. Of a box to tick and of a field that is not seen that is nothing. Runs
 * inside the page and uses nothing from outside itself.
 */
export function fieldValues(node: SeenNode, style: SeenStyle): readonly string[] | null {
  if (!/^(select|textarea|input)$/.test(node.localName ?? '')) return null;
  const TYPES = /^(text|number|date|datetime-local|month|week|time|email|tel|url|search)$/;
  if (style.visibility !== 'visible') return [];
  if (node.localName === 'input' && !TYPES.test(node.type ?? 'text')) return [];
  if (node.selectedOptions) return Array.from(node.selectedOptions, (option) => option.textContent ?? '');
  return [typeof node.value === 'string' ? node.value : ''];
}

/**
 * The nodes that are drawn in an element: its own inside, what a slot was given, and of what is folded away only its heading. Runs inside the page
 * and uses nothing from outside itself.
 */
export function drawnIn(node: SeenNode): Iterable<SeenNode> {
  if (node.localName === 'details' && node.open === false)
    return Array.from(node.childNodes)
      .filter(({ localName }) => localName === 'summary')
      .slice(0, 1);
  if (node.shadowRoot) return node.shadowRoot.childNodes;
  return (node.localName === 'slot' ? node.assignedNodes?.({ flatten: true }) : undefined) ?? node.childNodes;
}
