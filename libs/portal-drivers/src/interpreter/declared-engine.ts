import { registerEngine } from '../selector-engine.ts';

/** Name of the selector engine: `declared=username` finds what a page declares to be the user name's field. */
export const DECLARED_ENGINE = 'declared';

/** As much of a page's element as is used here; this project's own types know no page. */
interface PageElement {
  readonly tagName: string;
  readonly type?: string;
  readonly form?: PageElement | null;
  readonly labels?: ArrayLike<PageElement> | null;
  readonly shadowRoot: PageRoot | null;
  readonly parentElement: PageElement | null;
  readonly textContent: string | null;
  getAttribute(name: string): string | null;
  getClientRects(): ArrayLike<unknown>;
  contains(other: PageElement): boolean;
}
interface PageRoot {
  querySelectorAll(selector: string): ArrayLike<PageElement>;
}

/**
 * Finds what a page declares by `autocomplete` (HTML standard, "Autofill"), and where it does not, what only one reading of
 * its fields leaves: labels that say old, new or repeat, the text field before the only password, the form's own button.
 * Where several readings are left it finds several elements, and the step that uses it fails. Runs inside the page and uses
 * nothing from outside itself.
 */
class DeclaredElements {
  readonly #REPEATED = /confirm|repeat|again|re-?type|re-?enter|verify/;
  readonly #FRESH = /\bnew|choose|create/;
  readonly #CURRENT = /current|\bold|existing|present/;
  readonly #USER = /user|e-?mail|log-?in|sign-?in|account|member/;
  readonly #CODE = /one.?time|\botp|2fa|two.?factor|verification|authenticat|security code|passcode/;
  readonly #ANY_CODE = /\bcode\b/;
  /** What forms of payers ask for. A one-time code that is typed there is spent, and who has none is told that the login wants one. */
  readonly #OTHER_CODE =
    /(zip|post(al)?|area|country|state|promo\w{0,9}|coupon|discount|referral|cpt|hcpcs|icd\S{0,4}|procedure|diagnosis|drug|ndc|revenue|modifier|taxonomy|payer|provider|plan|group|claim|service|billing|status|reason|remark|denial|type|facility|department)[\s_-]{0,3}codes?\b/;

  readonly #inOrder: readonly PageElement[];
  readonly #inputs: readonly PageElement[];
  readonly #passwords: readonly PageElement[];
  readonly #texts: readonly PageElement[];

  constructor(root: PageRoot) {
    this.#inOrder = this.#everything(root);
    this.#inputs = this.#inOrder.filter((element) => element.tagName === 'INPUT' && this.#isShown(element));
    this.#passwords = this.#inputs.filter((field) => field.type === 'password');
    this.#texts = this.#inputs.filter((field) => /^(text|email|tel|number)$/.test(field.type ?? ''));
  }

  newPasswords(): PageElement[] {
    const declared = this.#declaredNew();
    const open = this.#passwords.filter((field) => !this.#declares(field, 'new-password') && !this.#declares(field, 'current-password'));
    if (declared.length > 0) return [...declared, ...open.filter((field) => this.#says(field, this.#REPEATED))];
    const others = open.filter((field) => !this.#says(field, this.#CURRENT));
    if (others.length < open.length || open.length < this.#passwords.length) return others;
    const [first, second] = open;
    if (open.length >= 3) return open.slice(1);
    if (!first) return [];
    if (!second) return this.#says(first, this.#FRESH) ? [first] : [];
    return this.#says(second, this.#REPEATED) || this.#says(first, this.#FRESH) ? [first, second] : [second];
  }

  /** Many pages call every password a new one, so that browsers fill in none: what belongs in a field, its label says better then, or its place among three. */
  #declaredNew(): PageElement[] {
    const declared = this.#passwords.filter((field) => this.#declares(field, 'new-password'));
    if (this.#passwords.some((field) => this.#declares(field, 'current-password'))) return declared;
    const fresh = declared.filter((field) => !this.#says(field, this.#CURRENT) || this.#says(field, this.#FRESH) || this.#says(field, this.#REPEATED));
    if (fresh.length < declared.length) return fresh;
    return declared.length >= 3 && declared.length === this.#passwords.length ? declared.slice(1) : declared;
  }

  currentPasswords(): PageElement[] {
    const declared = this.#inputs.filter((field) => this.#declares(field, 'current-password'));
    if (declared.length > 0) return declared;
    const fresh = this.newPasswords();
    return this.#passwords.filter((field) => !fresh.includes(field));
  }

  codes(): PageElement[] {
    const declared = this.#inputs.filter((field) => this.#declares(field, 'one-time-code'));
    if (declared.length > 0) return declared;
    if (this.#passwords.length > 0) return [];
    return this.#texts.filter((field) => this.#saysCode(field) && field.type !== 'email');
  }

  #saysCode(field: PageElement): boolean {
    return this.#says(field, this.#CODE) || (this.#says(field, this.#ANY_CODE) && !this.#says(field, this.#OTHER_CODE));
  }

  userNames(): PageElement[] {
    const codes = this.codes();
    const texts = this.#texts.filter((field) => !codes.includes(field));
    const declared = texts.filter((field) => this.#declares(field, 'username'));
    if (declared.length > 0) return declared;
    if (this.newPasswords().length > 0) return [];
    const [password] = this.currentPasswords();
    if (!password) return texts.filter((field) => this.#declares(field, 'email') || field.type === 'email' || this.#says(field, this.#USER));
    const before = texts.filter((field) => field.form === password.form && this.#isAfter(password, field));
    return before.slice(-1);
  }

  /** The button that sends the page's fields. */
  buttons(): PageElement[] {
    const anchor = this.codes()[0] ?? this.newPasswords().at(-1) ?? this.currentPasswords()[0] ?? this.userNames()[0];
    if (!anchor) return [];
    // The default button of a form is its first submit button (HTML standard, "Implicit submission").
    const own = this.#inOrder.filter(
      (element) => this.#isButton(element) && /^(submit|image)$/.test(element.type ?? '') && anchor.form && element.form === anchor.form,
    );
    if (own.length > 0) return own.slice(0, 1);
    for (let around = anchor.parentElement; around; around = around.parentElement) {
      const after = this.#inOrder.filter((element) => this.#isButton(element) && around?.contains(element) && this.#isAfter(element, anchor));
      if (after.length > 0) return after.slice(0, 1);
    }
    return [];
  }

  #everything(root: PageRoot): PageElement[] {
    return Array.from(root.querySelectorAll('*')).flatMap((element) => [element, ...(element.shadowRoot ? this.#everything(element.shadowRoot) : [])]);
  }

  #isShown(element: PageElement): boolean {
    return element.getClientRects().length > 0;
  }

  #isButton(element: PageElement): boolean {
    const isOne =
      element.tagName === 'BUTTON' ||
      element.getAttribute('role') === 'button' ||
      (element.tagName === 'INPUT' && /^(submit|image|button)$/.test(element.type ?? ''));
    return isOne && this.#isShown(element);
  }

  #isAfter(element: PageElement, other: PageElement): boolean {
    return this.#inOrder.indexOf(element) > this.#inOrder.indexOf(other);
  }

  #declares(field: PageElement, token: string): boolean {
    return (field.getAttribute('autocomplete') ?? '').toLowerCase().split(/\s+/).includes(token);
  }

  /** Whether a field's labels and names have such words. */
  #says(field: PageElement, words: RegExp): boolean {
    const labels = Array.from(field.labels ?? [], (label) => label.textContent ?? '').join(' ');
    const names = ['aria-label', 'placeholder', 'name', 'id'].map((name) => field.getAttribute(name) ?? '').join(' ');
    return words.test(`${labels} ${names}`.toLowerCase());
  }
}

/** Runs inside the page. */
function declaredEngine(Elements: typeof DeclaredElements) {
  return {
    queryAll(root: PageRoot, wanted: string): PageElement[] {
      const elements = new Elements(root);
      if (wanted === 'new-password') return elements.newPasswords();
      if (wanted === 'current-password') return elements.currentPasswords();
      if (wanted === 'one-time-code') return elements.codes();
      if (wanted === 'username') return elements.userNames();
      return elements.buttons();
    },
  };
}

export const registerDeclaredEngine = (): Promise<void> =>
  registerEngine(DECLARED_ENGINE, { content: `(${declaredEngine.toString()})(${DeclaredElements.toString()})` });
