import type { Request } from 'playwright';
import type { SecretMask } from '../secret-mask.ts';
import { mayBeIn } from './typed-secrets.ts';

const REPLACED = 'it could carry the password of before the change, which the portal may count as a wrong one';
const RESTING = 'it could carry the password while the session waits for its next task, and the password may be another one by now';

/** A change: what the password was, and what it becomes. */
interface Change {
  readonly from: SecretMask;
  readonly to: SecretMask;
}

/**
 * The passwords that a page may hold and must not send by itself. One that a change has replaced is wrong, and so may be that of a session that waits for a task, whose
 * lease nobody holds then: what keeps a session alive with it makes attempts that no ledger counts. What a page hashes before it sends it is not told apart.
 */
export class Withheld {
  #resting: SecretMask | null = null;
  #change: Change | null = null;
  #state: 'begun' | 'sent' | 'over' = 'begun';

  /** The session waits for its next task. */
  rest(password: SecretMask): void {
    this.#resting = password;
  }

  wake(): void {
    this.#resting = null;
  }

  beginChange(change: Change): void {
    [this.#change, this.#state] = [change, 'begun'];
  }

  /** Whatever the portal has said: it may have made the change. */
  endChange({ submitted }: { readonly submitted: boolean }): void {
    if (submitted) this.#state = 'over';
    else this.#change = null;
  }

  /** Another login begins, on an empty page. */
  forget(): void {
    [this.#resting, this.#change] = [null, null];
  }

  /** Why a request must not leave now; `null`: it may, and is taken to leave. */
  whyNot(request: Request): string | null {
    if (this.#resting === null && this.#change === null) return null;
    const texts = [request.url(), request.postData() ?? '', ...Object.values(request.headers())];
    if (this.#resting !== null && mayBeIn(this.#resting, texts)) return RESTING;
    return this.#change !== null && this.#isReplaced(this.#change, texts) ? REPLACED : null;
  }

  /** Until the new password is on its way, a page that asks its server for the old one first may do so. */
  #isReplaced({ from, to }: Change, texts: readonly string[]): boolean {
    if (this.#state !== 'over' && mayBeIn(to, texts)) {
      this.#state = 'sent';
      return false;
    }
    return this.#state !== 'begun' && mayBeIn(from, texts);
  }
}
