/** A place on the page, in its pixels. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly width: number;
  readonly height: number;
}

export interface SeenStyle {
  readonly display: string;
  readonly visibility: string;
  readonly opacity: string;
  readonly filter: string;
  readonly transform: string;
  readonly overflowX: string;
  readonly overflowY: string;
  readonly position: string;
  readonly clip: string;
  readonly clipPath: string;
  readonly fontSize: string;
  readonly color: string;
  readonly backgroundColor: string;
  readonly backgroundImage: string;
  readonly whiteSpace: string;
  readonly textIndent: string;
  readonly textDecorationLine: string;
  readonly unicodeBidi: string;
  readonly contentVisibility: string;
  readonly content: string;
}

export interface PageView {
  getComputedStyle(node: SeenNode, pseudo?: '::before' | '::after'): SeenStyle;
  readonly scrollX: number;
  readonly scrollY: number;
}

/** A style sheet, or a rule that may hold others. */
export interface StyleRules {
  readonly cssRules?: ArrayLike<StyleRules>;
  readonly selectorText?: string;
  readonly style?: { readonly content: string };
  readonly styleSheet?: StyleRules | null;
}

/** As much of a page's nodes as is used here; this project's own types know no page. */
export interface SeenNode {
  readonly nodeType: number;
  readonly nodeValue: string | null;
  readonly childNodes: Iterable<SeenNode>;
  readonly localName?: string;
  readonly type?: string;
  readonly value?: unknown;
  readonly open?: boolean;
  readonly selectedOptions?: Iterable<SeenNode>;
  readonly textContent: string | null;
  readonly parentElement: SeenNode | null;
  /** Of an element that draws its own inside. */
  readonly shadowRoot?: { readonly childNodes: Iterable<SeenNode> } | null;
  readonly ownerDocument: {
    createRange(): { selectNodeContents(node: SeenNode): void; getClientRects(): ArrayLike<Box> };
    readonly defaultView: PageView | null;
    readonly styleSheets?: ArrayLike<StyleRules>;
    readonly adoptedStyleSheets?: ArrayLike<StyleRules>;
  };
  /** Of a slot: what is shown in it. */
  getRootNode?(): unknown;
  assignedNodes?(options: { readonly flatten: true }): readonly SeenNode[];
  getAttribute?(name: string): string | null;
  getBoundingClientRect?(): Box;
  checkVisibility?(): boolean;
}
