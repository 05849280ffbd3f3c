import type { Frame, Page } from 'playwright';

/** Whether some of the page is in closed shadow trees, where no box can be put on what they draw. */
export async function hasClosedTree(page: Page, frames: readonly Frame[]): Promise<boolean> {
  const documents = await Promise.all([page, ...frames.slice(1)].map((part) => documentOf(page, part)));
  return documents.some((document) => document !== null && isClosedBelow(document));
}

interface TreeNode {
  readonly shadowRootType?: string;
  readonly children?: readonly TreeNode[];
  readonly shadowRoots?: readonly TreeNode[];
  readonly contentDocument?: TreeNode;
}

/** The whole tree as the browser's own protocol tells it; `null` for a frame that is part of its parent's. */
async function documentOf(page: Page, part: Page | Frame): Promise<TreeNode | null> {
  const browser = await page
    .context()
    .newCDPSession(part)
    .catch((error: unknown) => {
      if (part === page) throw error;
      return null;
    });
  if (browser === null) return null;
  const { root } = await browser.send('DOM.getDocument', { depth: -1, pierce: true });
  await browser.detach();
  return root;
}

function isClosedBelow({ shadowRootType, children = [], shadowRoots = [], contentDocument }: TreeNode): boolean {
  return shadowRootType === 'closed' || [...children, ...shadowRoots, ...(contentDocument ? [contentDocument] : [])].some(isClosedBelow);
}
