import type { Account } from '../portal/account.ts';
import type { SimLogin } from '../environment/sim-login.ts';
import { type Holdings, isAccepted } from './holdings.ts';

export type Writer = 'us' | 'person';

/** `portal`: we did, by what it said of it. */
type Taker = Writer | 'portal';

export interface Instant {
  /** Who has just written or removed something of the login's; `null`: nobody. */
  readonly writer: Writer | null;
  /** When the writer let it out of their hands, which may be long before a store without check-and-set takes it. */
  readonly askedAt: number;
  /** For longer than anybody was told, some parts of the portal refuse the password that it has taken. */
  readonly isRefusedStill: boolean;
  /** The secret names another account than the one that is judged, whose password somebody may have written over. */
  readonly namesAnother: boolean;
}

/** From a login that shows what holds to the write that follows from it, retries included. */
const JUST_SEEN_MS = 60_000;

/**
 * Whether what one portal accepts for a login can still be found: in current or in a copy. A password that a person sets at the portal is theirs until the store has it;
 * from then on it is kept as our own are. What a person writes over or removes, history included, is that person's word; else the store's history keeps it; so does it with what a person
 * sets while a rotation that has just seen another password accepted is about to write that, and with what parts of a portal refuse for longer than anybody was told. How long a history
 * keeps the password of an account that a person has put another one over is the store's matter.
 */
export class Possession {
  /** Which password, by account and number of its changes, was seen to lie in the store. */
  #known: string | null = null;
  #asked: string | null = null;
  /** Who took the one that is accepted out of current and copies; `null`: it lies there, or never did. */
  #takenBy: Taker | null = null;
  /** Who removed the history that kept what a person had taken out, as by making the secret anew; `null`: it keeps it. */
  #erasedBy: Writer | null = null;
  #isLost = false;

  /** After each happening. Says whether it is lost from now on. */
  isLostNow(login: SimLogin, account: Account, { current, staged, earlier }: Holdings, instant: Instant): boolean {
    const accepted = (password: string): boolean => isAccepted(login, account, password);
    const asked = `${account.username} ${account.changes}`;
    if (asked !== this.#asked) [this.#takenBy, this.#erasedBy] = [null, null];
    this.#asked = asked;
    if ([...(current === null ? [] : [current]), ...staged].some(accepted)) {
      [this.#known, this.#takenBy, this.#erasedBy] = [asked, null, null];
      return this.#turns(false);
    }
    if (account.passwordBy === 'person' && this.#known !== asked) return this.#turns(false);
    this.#takenBy ??= takerOf(account, instant);
    const isKept = current === null || earlier.some(accepted);
    this.#erasedBy = isKept ? null : (this.#erasedBy ?? instant.writer ?? 'us');
    return this.#turns(this.#takenBy === null || this.#takenBy === 'us' || (this.#erasedBy === 'us' && !instant.namesAnother));
  }

  #turns(isLost: boolean): boolean {
    const isNew = isLost && !this.#isLost;
    this.#isLost = isLost;
    return isNew;
  }
}

/** Of what has just been taken out of current and copies. */
function takerOf({ passwordBy, passwordAt }: Account, { writer, askedAt, isRefusedStill }: Instant): Taker | null {
  if (writer !== null && passwordBy === 'person' && askedAt < passwordAt + JUST_SEEN_MS) return 'person';
  return writer === 'us' && isRefusedStill ? 'portal' : writer;
}
