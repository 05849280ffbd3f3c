import type { Frame } from 'playwright';

/**
 * Which of `sought` stand anywhere in a frame's document, seen or not; `null` where that cannot be said. What is not found here would not be found by Playwright's
 * `getByText`: words are compared as it does. To ask so needs no engine in the frame, and Playwright's costs the browser about 35 ms of a processor a document.
 */
export async function wordsIn(frame: Frame, sought: readonly string[]): Promise<readonly string[] | null> {
  if (sought.length === 0) return [];
  if (!isOfThePage(frame)) return null;
  const found = await frame.evaluate<readonly boolean[] | null, readonly string[]>(foundWords, sought).catch(() => null);
  return found && sought.filter((_, index) => found[index]);
}

/** The question is asked in the frame's own world: what watches for that is a frame of somebody else (a challenge, say), which Playwright looks at unseen. */
function isOfThePage(frame: Frame): boolean {
  const [own, page] = [frame.url(), frame.page().mainFrame().url()];
  return own === page || own.startsWith('about:') || (URL.canParse(own) && URL.canParse(page) && new URL(own).origin === new URL(page).origin);
}

/** As much of a page's node as is used here; this project's own types know no page. */
interface PageNode {
  readonly nodeType: number;
  readonly nodeName: string;
  readonly nodeValue: string | null;
  readonly firstChild: PageNode | null;
  readonly nextSibling: PageNode | null;
  readonly parentNode: PageNode | null;
  readonly shadowRoot?: unknown;
  readonly type?: string;
  readonly value?: string;
}

/** Runs inside the page, and uses nothing from outside itself. Its work grows with the number of the document's nodes. */
function foundWords(sought: readonly string[]): readonly boolean[] | null {
  const { document } = globalThis as unknown as { readonly document: { readonly documentElement: PageNode | null; readonly head: PageNode | null } };
  const root = document.documentElement;
  const isElement = (node: PageNode): boolean => node.nodeType === 1;
  const isButton = ({ nodeName, type }: PageNode): boolean => nodeName.toUpperCase() === 'INPUT' && ['submit', 'button', 'reset'].includes(type ?? '');
  const isUnread = (node: PageNode): boolean => node === document.head || ['SCRIPT', 'NOSCRIPT', 'STYLE'].includes(node.nodeName);
  const inside = (node: PageNode): PageNode | null => (isElement(node) && !isButton(node) && !isUnread(node) ? node.firstChild : null);
  const textOf = (node: PageNode): string => (node.nodeType === 3 ? node.nodeValue : isElement(node) && isButton(node) ? node.value : '') ?? '';
  const after = (left: PageNode): PageNode | null => {
    let node: PageNode | null = left;
    while (node && node !== root && !node.nextSibling) node = node.parentNode;
    return node && node !== root ? node.nextSibling : null;
  };
  const comparable = (words: string): string =>
    words
      .replace(/[\u200b\u00ad]/g, '')
      .trim()
      .replace(/\s+/g, ' ')
      .toLowerCase();
  let text = '';
  for (let node = root; node; node = inside(node) ?? after(node)) {
    // What an element draws inside itself is looked at by Playwright.
    if (node.shadowRoot) return null;
    text += textOf(node);
  }
  const plain = comparable(text);
  return sought.map((words) => plain.includes(comparable(words)));
}
