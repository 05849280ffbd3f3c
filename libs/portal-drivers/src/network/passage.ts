/**
 * What may leave a session. `open`: everything. `held`: nothing that could carry what was typed, until it is released.
 * `closed`: nothing, not what was let out before and is still on its way either.
 */
export type PassageState = 'open' | 'held' | 'released' | 'closed';

/** The one state behind request gate and proxy: requests wait at the request gate, sockets at the proxy, and both count what left. */
export class Passage {
  #state: PassageState = 'open';
  #mayLeave: (() => boolean) | null = null;
  #left = 0;
  #typed = false;
  #hadWorker = false;
  #waiting: (() => void)[] = [];

  get state(): PassageState {
    this.#look();
    return this.#state;
  }

  /** Whether anything that could carry what was typed left since the release. */
  get used(): boolean {
    return this.#left > 0;
  }

  /** Whether a secret was typed in the session, in whatever act. */
  get typed(): boolean {
    return this.#typed;
  }

  noteTyped(): void {
    this.#typed = true;
  }

  /** Whether the session has or had a worker, whose sockets the request gate does not see. */
  get hadWorker(): boolean {
    return this.#hadWorker;
  }

  noteWorker(): void {
    this.#hadWorker = true;
  }

  /** Waits while it is held; `false` means: do not send. */
  async pass(): Promise<boolean> {
    while (this.state === 'held') await new Promise<void>((wake) => this.#waiting.push(wake));
    if (this.#state === 'closed') return false;
    if (this.#state === 'released') this.#left += 1;
    return true;
  }

  /** `mayLeave`: asked from now on whenever something is to leave; once it says no, the passage is closed. Default: nobody is asked. */
  release(mayLeave?: () => boolean): void {
    this.#mayLeave = mayLeave ?? null;
    this.change('released');
  }

  /** Whatever was let out and is still on its way must not go on. */
  takeBack(): void {
    this.#mayLeave = null;
    this.change('closed');
  }

  change(next: PassageState): void {
    this.#state = next;
    const woken = this.#waiting;
    this.#waiting = [];
    for (const wake of woken) wake();
  }

  /** Opens it for the next act. */
  reset(): void {
    this.#left = 0;
    this.#mayLeave = null;
    this.change('open');
  }

  #look(): void {
    if (this.#mayLeave !== null && !this.#mayLeave()) this.takeBack();
  }
}
