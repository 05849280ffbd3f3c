import type { SecretMask } from '../secret-mask.ts';
import { registerEngine } from '../selector-engine.ts';

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

export const registerAttributeEngine = (): Promise<void> => registerEngine(NAME, attributeEngine);
