/** As much of a page's elements as is used here; this project's own types know no page. */
interface PageElement extends PageRoot {
  readonly localName: string;
  readonly innerText?: string;
  readonly shadowRoot: PageRoot | null;
}
interface PageRoot {
  readonly children: ArrayLike<PageElement>;
  querySelectorAll(selector: string): ArrayLike<PageElement>;
}

/** The words of an element, and of the open shadow trees below it, which its own words leave out. Runs inside the page. */
export function wordsOf(body: PageElement): string {
  const words = (element: PageElement): string => (/^(style|script|template)$/.test(element.localName) ? '' : (element.innerText ?? ''));
  const below = (root: PageRoot): string[] =>
    Array.from(root.querySelectorAll('*')).flatMap(({ shadowRoot }) =>
      shadowRoot ? [Array.from(shadowRoot.children, words).join(' '), ...below(shadowRoot)] : [],
    );
  return [words(body), ...below(body)].filter((part) => part.trim() !== '').join('\n');
}
