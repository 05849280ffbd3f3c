import type { SecretMask } from '../secret-mask.ts';
import type { SoughtForm } from '../secrets/secret-forms.ts';
import { SEARCH_PARTS, secretSearch } from '../secrets/search-parts.ts';
import { registerEngine } from '../selector-engine.ts';
import { sourceOf } from '../page-source.ts';

const NAME = 'holds-secret';

/** As much of a page's nodes as is used here; this project's own types know no page. */
interface PageElement extends PageNode {
  readonly attributes: ArrayLike<{ readonly value: string }>;
  readonly value?: unknown;
}
interface PageNode {
  readonly nodeType: number;
  readonly data?: string;
  readonly childNodes: Iterable<PageNode>;
  readonly shadowRoot?: PageNode | null;
}

/**
 * Finds every element that shows a part of a secret, or has an attribute that holds one (a style sheet can draw it), in open shadow
 * trees too. The words of the whole page are searched as one text, so a secret in pieces is found, once with nothing between two
 * elements and once with a line's end. Runs inside the page.
 */
function holdingEngine(parts: typeof SEARCH_PARTS, searchOf: typeof secretSearch) {
  const TEXT = 3;

  /** The texts of a page in their order, and of each element the one around it. */
  function treeOf(root: PageNode) {
    const shown: { readonly text: string; readonly element: PageElement }[] = [];
    const around = new Map<PageElement, PageElement | null>();
    const waiting: { readonly node: PageNode; readonly element: PageElement | null }[] = [{ node: root, element: null }];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { node, element } = next;
      if (node.nodeType === TEXT && element) shown.push({ text: node.data ?? '', element });
      const own = 'attributes' in node ? (node as PageElement) : element;
      if (own === node && own) around.set(own, element);
      const below = [...(node.shadowRoot?.childNodes ?? []), ...node.childNodes];
      for (const child of below.reverse()) waiting.push({ node: child, element: own });
    }
    return { shown, around };
  }

  const valuesOf = ({ attributes, value }: PageElement): string[] => [
    ...Array.from(attributes, (attribute) => attribute.value),
    typeof value === 'string' ? value : '',
  ];

  return {
    queryAll(root: PageNode, hex: string): PageElement[] {
      const forms = JSON.parse(decodeURIComponent(hex.replace(/../g, '%$&'))) as SoughtForm[];
      const search = searchOf(parts, forms, () => undefined);
      const { shown, around } = treeOf(root);
      const outwards = (element: PageElement): PageElement[] => {
        const path: PageElement[] = [];
        for (let one: PageElement | null = element; one; one = around.get(one) ?? null) path.push(one);
        return path;
      };
      const innermostAround = (first: PageElement, last: PageElement): PageElement | undefined => {
        const path = new Set(outwards(first));
        return outwards(last).find((one) => path.has(one));
      };
      const holding = new Set([...around.keys()].filter((element) => valuesOf(element).some((value) => search.isIn(value))));
      for (const between of ['', '\n']) {
        const ranges = search.ranges(shown.map(({ text }) => text).join(between));
        let at = 0;
        let range = 0;
        /** What shows the beginning of the range looked at. */
        let begun: PageElement | null = null;
        for (const { text, element } of shown) {
          const end = at + text.length;
          for (; (ranges[range]?.[0] ?? Infinity) < end; range += 1) {
            holding.add(element);
            begun ??= element;
            if ((ranges[range]?.[1] ?? 0) > end) break;
            // In pieces, what lies between them is a part of it, too.
            const whole = innermostAround(begun, element);
            if (whole) holding.add(whole);
            begun = null;
          }
          at = end + between.length;
        }
      }
      return [...holding];
    },
  };
}

/** Selector of the elements that show a part of a secret, or hold one. */
export const holdingSecret = (forms: SecretMask['forms']): string => `${NAME}=${Buffer.from(JSON.stringify(forms)).toString('hex')}`;

export const registerHoldingEngine = (): Promise<void> =>
  registerEngine(NAME, { content: `(${holdingEngine.toString()})(${sourceOf(SEARCH_PARTS)}, ${secretSearch.toString()})` });
