import { setTimeout as pause } from 'node:timers/promises';
import type { Destination } from './session-addresses.ts';
import type { Tunnels } from './tunnels.ts';

/** Milliseconds between looks whether an answer was heard of, and so many of them: a second, after which what broke had none. */
const HEARD_MS = 30;
const HEARD_TURNS = 33;

/** The page whose worker may have sent something, and how many of its workers had ended when it was asked for. */
export interface MaybeOfWorker {
  readonly page: object;
  readonly ended: number;
}

interface Sending {
  /** Where a tunnel leads that carries it; `null` where none does. */
  readonly destination: Destination | null;
  /** `null` where only a page itself can have sent it. */
  readonly ofWorker: MaybeOfWorker | null;
}

interface Sent extends Sending {
  /** Milliseconds of `performance.now`. */
  readonly at: number;
}

/** What a session has sent that must not be sent twice (it has a body, or what was typed) and has no answer yet; the request gate knows, and the proxy asks. */
export class Unanswered {
  /** The oldest first. */
  readonly #sent = new Set<Sent>();
  /** How many workers of a page have ended. */
  readonly #ended = new WeakMap<object, number>();

  /** Something leaves now; `over` ends with its answer, or when it can have none any more, and never where a worker sent it that ended meanwhile. */
  note(sending: Sending, over: Promise<unknown>): void {
    const { ofWorker } = sending;
    if (ofWorker && this.ofWorkerIn(ofWorker.page).ended !== ofWorker.ended) return;
    const sent = { ...sending, at: performance.now() };
    this.#sent.add(sent);
    const forget = (): unknown => this.#sent.delete(sent);
    over.then(forget, forget);
  }

  /** Since when there has been one, in milliseconds of `performance.now`; of one destination where it is given. `undefined`: all are answered. */
  since(destination?: Destination): number | undefined {
    for (const sent of this.#sent) if (destination === undefined || sent.destination === destination) return sent.at;
    return undefined;
  }

  /**
   * Whether what was sent there is lost with its tunnel, so that in another one the browser would send it again. The browser knows of an answer before this process
   * does: it has a moment to be heard of, counted in looks, since a process that was stopped hears of it only when it goes on.
   */
  async isLost(destination: Destination, tunnels: Pick<Tunnels, 'hasLost'>): Promise<boolean> {
    for (let turn = 0; turn <= HEARD_TURNS; turn += 1) {
      const sent = this.since(destination);
      if (sent === undefined || !tunnels.hasLost(destination, sent)) return false;
      await pause(HEARD_MS);
    }
    return true;
  }

  /** To be asked for when something is about to be sent that a worker of a page may send. */
  ofWorkerIn(page: object): MaybeOfWorker {
    return { page, ended: this.#ended.get(page) ?? 0 };
  }

  /** A worker of a page has ended: nobody waits any more for the answers to what it sent. It cannot be told from what the page may have sent meanwhile. */
  workerEnded(page: object): void {
    this.#ended.set(page, this.ofWorkerIn(page).ended + 1);
    for (const sent of this.#sent) if (sent.ofWorker?.page === page) this.#sent.delete(sent);
  }

  /** The act is over: nobody waits for its answers any more. */
  clear(): void {
    this.#sent.clear();
  }
}
