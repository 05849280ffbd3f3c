import { selectors } from 'playwright-core';
import type { SecretMask } from '../secret-mask.ts';

const NAME = 'attribute-holds';

/** As much of a page's element as is used here; this project's own types know no page. */
interface PageElement {
  readonly attributes: ArrayLike<{ readonly value: string }>;
  readonly shadowRoot: PageRoot | null;
}
interface PageRoot {
  querySelectorAll(selector: string): ArrayLike<PageElement>;
}

/** Finds every element with an attribute that fits a pattern, in open shadow trees too. Runs inside the page. */
function attributeEngine() {
  const everything = (root: PageRoot): PageElement[] =>
    Array.from(root.querySelectorAll('*')).flatMap((element) => [element, ...(element.shadowRoot ? everything(element.shadowRoot) : [])]);
  return {
    queryAll(root: PageRoot, hex: string): PageElement[] {
      const pattern = new RegExp(decodeURIComponent(hex.replace(/../g, '%$&')), 'i');
      return everything(root).filter((element) => Array.from(element.attributes).some(({ value }) => pattern.test(value)));
    },
  };
}

/** Selector of the elements with an attribute that holds a secret: a style sheet can draw it. */
export const holdingAttribute = (pattern: NonNullable<SecretMask['pattern']>): string => `${NAME}=${Buffer.from(pattern.source).toString('hex')}`;

/** Makes the engine known to Playwright, once a process; its scripts run where the page's own scripts cannot reach. */
export async function registerAttributeEngine(): Promise<void> {
  await selectors.register(NAME, attributeEngine, { contentScript: true }).catch((error: unknown) => {
    if (!/already registered/.test(String(error))) throw error;
  });
}
