import type { Account } from '../portal/account.ts';
import type { SimLogin } from '../world/world.ts';
import { type Holdings, isAccepted } from './holdings.ts';

export type Writer = 'us' | 'person';

/**
 * Whether what one portal accepts for a login can still be found: in current or in a copy. A password that a person sets at the portal is theirs until the store has it;
 * from then on it is kept as our own are. What a person writes over or removes is that person's word, and the store's history keeps it.
 */
export class Possession {
  /** Which password, by account and number of its changes, was seen to lie in the store. */
  #known: string | null = null;
  #asked: string | null = null;
  /** Who took the one that is accepted out of current and copies; `null`: it lies there, or never did. */
  #takenBy: Writer | null = null;
  #isLost = false;

  /** After each happening. `writer`: who has just written or removed something of this login's. Says whether it is lost from now on. */
  isLostNow(login: SimLogin, account: Account, { current, staged, earlier }: Holdings, writer: Writer | null): boolean {
    const accepted = (password: string): boolean => isAccepted(login, account, password);
    const asked = `${account.username} ${account.changes}`;
    if (asked !== this.#asked) this.#takenBy = null;
    this.#asked = asked;
    if ([...(current === null ? [] : [current]), ...staged].some(accepted)) {
      [this.#known, this.#takenBy] = [asked, null];
      return this.#turns(false);
    }
    if (account.passwordBy === 'person' && this.#known !== asked) return this.#turns(false);
    this.#takenBy ??= writer;
    const isByPerson = this.#takenBy === 'person';
    return this.#turns(!(isByPerson && (current === null || earlier.some(accepted))));
  }

  #turns(isLost: boolean): boolean {
    const isNew = isLost && !this.#isLost;
    this.#isLost = isLost;
    return isNew;
  }
}
