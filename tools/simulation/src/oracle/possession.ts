import type { Account } from '../portal/account.ts';
import type { SimLogin } from '../environment/sim-login.ts';
import { type Holdings, isAccepted } from './holdings.ts';

export type Writer = 'us' | 'person';

export interface Instant {
  /** Who has just written or removed something of the login's; `null`: nobody. */
  readonly writer: Writer | null;
  /** When the writer let it out of their hands, which may be long before a store without check-and-set takes it. */
  readonly askedAt: number;
  /** The secret names another account than the one that is judged, whose password somebody may have written over. */
  readonly namesAnother: boolean;
}

/** From a login that shows what holds to the write that follows from it, retries included. */
const JUST_SEEN_MS = 60_000;

/**
 * Whether what one portal accepts for a login can still be found: in current or in a copy. A password that a person sets at the portal is theirs until the store has it;
 * from then on it is kept as our own are. What a person writes over or removes, history included, is that person's word; else the store's history keeps it; so does it with what a person
 * sets while a rotation that has just seen another password accepted is about to write that. How long a history keeps the password of an account that a person has put another one over
 * is the store's matter.
 */
export class Possession {
  /** Which password, by account and number of its changes, was seen to lie in the store. */
  #known: string | null = null;
  #asked: string | null = null;
  /** Who took the one that is accepted out of current and copies; `null`: it lies there, or never did. */
  #takenBy: Writer | null = null;
  /** Who removed the history that kept what a person had taken out, as by making the secret anew; `null`: it keeps it. */
  #erasedBy: Writer | null = null;
  #isLost = false;

  /** After each happening. Says whether it is lost from now on. */
  isLostNow(login: SimLogin, account: Account, { current, staged, earlier }: Holdings, { writer, askedAt, namesAnother }: Instant): boolean {
    const accepted = (password: string): boolean => isAccepted(login, account, password);
    const asked = `${account.username} ${account.changes}`;
    if (asked !== this.#asked) [this.#takenBy, this.#erasedBy] = [null, null];
    this.#asked = asked;
    if ([...(current === null ? [] : [current]), ...staged].some(accepted)) {
      [this.#known, this.#takenBy, this.#erasedBy] = [asked, null, null];
      return this.#turns(false);
    }
    if (account.passwordBy === 'person' && this.#known !== asked) return this.#turns(false);
    const isRace = account.passwordBy === 'person' && askedAt < account.passwordAt + JUST_SEEN_MS;
    this.#takenBy ??= isRace && writer ? 'person' : writer;
    const isKept = current === null || earlier.some(accepted);
    this.#erasedBy = isKept ? null : (this.#erasedBy ?? writer ?? 'us');
    return this.#turns(this.#takenBy !== 'person' || (this.#erasedBy === 'us' && !namesAnother));
  }

  #turns(isLost: boolean): boolean {
    const isNew = isLost && !this.#isLost;
    this.#isLost = isLost;
    return isNew;
  }
}
