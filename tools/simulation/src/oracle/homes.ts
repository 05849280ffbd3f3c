import type { Account } from '../portal/account.ts';

type Which = Pick<Account, 'username' | 'changes'>;

/**
 * The secrets in which what one portal accepts for an account was last seen. A person may move an account out of one of two secrets, and its password with it: who wrote
 * there is who took it, and the history there is what keeps it, though that secret names another account from then on.
 */
export class Homes<T> {
  #of = '';
  #known: ReadonlySet<T> = new Set();

  has(account: Which, home: T): boolean {
    return this.#of === named(account) && this.#known.has(home);
  }

  /** Where it lies now; nowhere: it is remembered where it lay before. */
  see(account: Which, homes: readonly T[]): void {
    if (homes.length === 0 && this.#of === named(account)) return;
    this.#of = named(account);
    this.#known = new Set(homes);
  }
}

const named = ({ username, changes }: Which): string => `${changes} ${username}`;
