import type { SecretMask } from '../secret-mask.ts';

/** Logins and changes of one session; a session that makes more sends nothing more to a host that may not receive what was typed. */
const MOST_ACTS = 20;

/** More than browsers send to any portal. A page may make them as long as it likes; what is longer is not looked through, and could hold anything. */
export const MOST_LETTERS = 65_536;

/** The secrets that the pages of a session were given, in the act that is under way and before: a page keeps them for as long as it likes. */
export class TypedSecrets {
  #ofAct: SecretMask | null = null;
  readonly #before: SecretMask[] = [];

  /** Whether there are any of the act that is under way. */
  get inAct(): boolean {
    return this.#ofAct !== null;
  }

  /** Whether there are any, of whatever act. */
  get inSession(): boolean {
    return this.inAct || this.#before.length > 0;
  }

  /** All that were typed in this act until now. */
  noteTyped(secrets: SecretMask): void {
    this.#ofAct = secrets;
  }

  /** Put into the browser by no act. */
  noteGiven(secrets: SecretMask): void {
    this.#before.push(secrets);
  }

  endAct(): void {
    if (this.#ofAct !== null) this.#before.push(this.#ofAct);
    this.#ofAct = null;
  }

  /** Whether one of this act could be in the texts. */
  ofActMayBeIn(texts: readonly string[]): boolean {
    return this.#ofAct !== null && mayBeIn(this.#ofAct, texts);
  }

  /** Whether any could be in the texts. */
  anyMayBeIn(texts: readonly string[]): boolean {
    const all = this.#ofAct === null ? this.#before : [...this.#before, this.#ofAct];
    return all.length > MOST_ACTS || all.some((secrets) => mayBeIn(secrets, texts));
  }
}

/** Whether one of the secrets could be in texts that are sent together. */
export const mayBeIn = (secrets: SecretMask, texts: readonly string[]): boolean =>
  texts.reduce((sum, { length }) => sum + length, 0) > MOST_LETTERS || texts.some((text) => secrets.isIn(text));
