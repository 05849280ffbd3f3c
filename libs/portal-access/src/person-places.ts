/**
 * How many logins of one process may wait for people at once. Each keeps one of its hands, and a browser context, for minutes: without a bound, some logins that nobody answers
 * would leave nothing for all others, of whatever organization.
 */
export class PersonPlaces {
  readonly #size: number;
  #taken = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** A place, which the returned function gives back (once); `null`: none is free. */
  take(): (() => void) | null {
    return this.#taken < this.#size ? this.takeAnyway() : null;
  }

  /** The same for whoever is not kept waiting: a person who asked for the login. */
  takeAnyway(): () => void {
    this.#taken += 1;
    let isTaken = true;
    return () => {
      if (isTaken) this.#taken -= 1;
      isTaken = false;
    };
  }
}
