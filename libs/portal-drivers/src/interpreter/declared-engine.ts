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
 * Where several readings are left it finds several elements, and the step that uses it fails. Runs inside the page.
 */
function declaredEngine() {
  const REPEATED = /confirm|repeat|again|re-?type|re-?enter|verify/;
  const FRESH = /\bnew|choose|create/;
  const CURRENT = /current|\bold|existing|present/;
  const USER = /user|e-?mail|log-?in|sign-?in|account|member/;
  const CODE = /one.?time|\botp|2fa|two.?factor|verification|authenticat|security code|passcode|\bcode\b/;

  const everything = (root: PageRoot): PageElement[] =>
    [...Array.from(root.querySelectorAll('*'))].flatMap((element) => [element, ...(element.shadowRoot ? everything(element.shadowRoot) : [])]);
  const isShown = (element: PageElement): boolean => element.getClientRects().length > 0;
  const tokens = (field: PageElement): string[] => (field.getAttribute('autocomplete') ?? '').toLowerCase().split(/\s+/);
  const attributes = (field: PageElement, ...names: string[]): string => names.map((name) => field.getAttribute(name) ?? '').join(' ');
  const words = (field: PageElement): string =>
    `${Array.from(field.labels ?? [], (label) => label.textContent ?? '').join(' ')} ${attributes(field, 'aria-label', 'placeholder', 'name', 'id')}`.toLowerCase();

  function newPasswords(passwords: PageElement[]): PageElement[] {
    const declared = passwords.filter((field) => tokens(field).includes('new-password'));
    const open = passwords.filter((field) => !tokens(field).includes('new-password') && !tokens(field).includes('current-password'));
    if (declared.length > 0) return [...declared, ...open.filter((field) => REPEATED.test(words(field)))];
    const others = open.filter((field) => !CURRENT.test(words(field)));
    if (others.length < open.length || open.length < passwords.length) return others;
    const [first, second] = open;
    if (open.length >= 3) return open.slice(1);
    if (!first) return [];
    if (!second) return FRESH.test(words(first)) ? [first] : [];
    return REPEATED.test(words(second)) || FRESH.test(words(first)) ? [first, second] : [second];
  }

  function userNames(texts: PageElement[], inOrder: PageElement[], current: PageElement[], fresh: PageElement[]): PageElement[] {
    const declared = texts.filter((field) => tokens(field).includes('username'));
    if (declared.length > 0) return declared;
    const [password] = current;
    if (fresh.length > 0) return [];
    if (!password) return texts.filter((field) => tokens(field).includes('email') || field.type === 'email' || USER.test(words(field)));
    const before = texts.filter((field) => field.form === password.form && inOrder.indexOf(field) < inOrder.indexOf(password));
    return before.slice(-1);
  }

  function buttonFor(anchor: PageElement | undefined, inOrder: PageElement[]): PageElement[] {
    if (!anchor) return [];
    const isButton = (element: PageElement): boolean =>
      (element.tagName === 'BUTTON' ||
        element.getAttribute('role') === 'button' ||
        (element.tagName === 'INPUT' && /^(submit|image|button)$/.test(element.type ?? ''))) &&
      isShown(element);
    // The default button of a form is its first submit button (HTML standard, "Implicit submission").
    const own = inOrder.filter((element) => isButton(element) && /^(submit|image)$/.test(element.type ?? '') && anchor.form && element.form === anchor.form);
    if (own.length > 0) return own.slice(0, 1);
    for (let around = anchor.parentElement; around; around = around.parentElement) {
      const after = inOrder.filter((element) => isButton(element) && around?.contains(element) && inOrder.indexOf(element) > inOrder.indexOf(anchor));
      if (after.length > 0) return after.slice(0, 1);
    }
    return [];
  }

  return {
    queryAll(root: PageRoot, wanted: string): PageElement[] {
      const inOrder = everything(root);
      const inputs = inOrder.filter((element) => element.tagName === 'INPUT' && isShown(element));
      const passwords = inputs.filter((field) => field.type === 'password');
      const texts = inputs.filter((field) => /^(text|email|tel|number)$/.test(field.type ?? ''));
      const fresh = newPasswords(passwords);
      const declaredCurrent = inputs.filter((field) => tokens(field).includes('current-password'));
      const current = declaredCurrent.length > 0 ? declaredCurrent : passwords.filter((field) => !fresh.includes(field));
      const declaredCodes = inputs.filter((field) => tokens(field).includes('one-time-code'));
      const codes =
        declaredCodes.length > 0 ? declaredCodes : passwords.length > 0 ? [] : texts.filter((field) => CODE.test(words(field)) && field.type !== 'email');
      const users = userNames(
        texts.filter((field) => !codes.includes(field)),
        inOrder,
        current,
        fresh,
      );
      if (wanted === 'new-password') return fresh;
      if (wanted === 'current-password') return current;
      if (wanted === 'one-time-code') return codes;
      if (wanted === 'username') return users;
      return buttonFor(codes[0] ?? fresh.at(-1) ?? current[0] ?? users[0], inOrder);
    },
  };
}

export const registerDeclaredEngine = (): Promise<void> => registerEngine(DECLARED_ENGINE, declaredEngine);
