import type { Request } from 'playwright';

/** Looks at what leaves. */
export interface Departures {
  /** Why a request must not leave; `null`: it may. */
  whyNot(request: Request): Promise<string | null>;
}

/** Something that could carry a secret of the act, and left. */
interface Sent {
  /** Method and address, without what may differ from try to try. */
  readonly place: string;
  /** All of it. */
  readonly whole: string;
  /** Whether the portal took it, once it has answered. */
  readonly taken: Promise<boolean>;
}

/**
 * What carries a secret leaves once for each thing that the recipe does: a page that tries again by itself, or sends by two ways, makes attempts that no
 * ledger counts.
 */
export class SentOnce {
  #sent: readonly Sent[] = [];

  /** The recipe does something: what leaves from now on is new. */
  begin(): void {
    this.#sent = [];
  }

  /**
   * Whether something that could carry a secret may leave; it is taken to leave then. What goes where something went before has to be different, and waits for that
   * one's answer: a portal that took it may be told more, and one that did not has counted it.
   */
  async mayLeave(request: Request): Promise<boolean> {
    const place = placeOf(request);
    const whole = `${request.url()}\n${request.postData() ?? ''}`;
    for (const one of this.#sent) {
      if (one.place !== place) continue;
      if (one.whole === whole || !(await one.taken)) return false;
    }
    const taken = request.response().then(
      (response) => response !== null && response.status() < 400,
      () => false,
    );
    this.#sent = [...this.#sent, { place, whole, taken }];
    return true;
  }
}

const placeOf = (request: Request): string => `${request.method()} ${request.url().split(/[?#]/)[0] ?? ''}`;
