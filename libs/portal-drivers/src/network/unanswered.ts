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

/** How something looks that passes the proxy, and how often it does where it is sent once. */
export interface Look {
  readonly what: string;
  readonly times: number;
}

export interface Sending {
  /** Where a tunnel leads that carries it; `null` where none does. */
  readonly destination: Destination | null;
  /** By which the proxy knows it when it passes; none where it cannot be told from other things. */
  readonly looks: readonly Look[];
  /** `null` where only a page itself can have sent it. */
  readonly ofWorker: MaybeOfWorker | null;
}

/** Something that is to pass so many times more. `burst`: with what it passed last. */
interface Passing {
  readonly what: string;
  left: number;
  burst: object | null;
}

interface Sent extends Sending {
  /** Milliseconds of `performance.now`. */
  readonly at: number;
  readonly passing: readonly Passing[];
  /** Whether the browser was seen to send it once more, and no answer was heard of. */
  isGivenUp: boolean;
}

/** What a session has sent that must not be sent twice (it has a body, or what was typed) and has no answer yet; the request gate knows, and the proxy asks. */
export class Unanswered {
  /** The oldest first. */
  readonly #sent = new Set<Sent>();
  /** How many workers of a page have ended. */
  readonly #ended = new WeakMap<object, number>();
  #act: object = {};

  /** Another one for each act. */
  get act(): object {
    return this.#act;
  }

  /** Something leaves now; `over` ends with its answer, or when it can have none any more, and never where a worker sent it that ended meanwhile. */
  note(sending: Sending, over: Promise<unknown>): void {
    const { ofWorker } = sending;
    if (ofWorker && this.ofWorkerIn(ofWorker.page).ended !== ofWorker.ended) return;
    const sent = { ...sending, at: performance.now(), passing: sending.looks.map(({ what, times }) => ({ what, left: times, burst: null })), isGivenUp: false };
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
   * Whether what passes the proxy, and looks like one of these, is not something once more that has no answer yet. It is taken to pass then. What passes in one
   * `burst` is taken for one.
   */
  mayPass(whats: readonly string[], burst: object): boolean {
    const alike = [...this.#sent].flatMap(({ passing }) => passing.filter(({ what }) => whats.includes(what)));
    if (alike.length === 0 || alike.some((one) => one.burst === burst)) return true;
    const next = alike.find(({ left }) => left > 0);
    if (next) Object.assign(next, { left: next.left - 1, burst });
    return next !== undefined;
  }

  /**
   * Whether what was sent there is lost with its tunnel, so that in another one the browser would send it again. The browser knows of an answer before this process
   * does: it has a moment to be heard of, counted in looks, since a process that was stopped hears of it only when it goes on. So has the end of a tunnel, which a
   * browser may close after it has asked for another one.
   */
  async isLost(destination: Destination, tunnels: Pick<Tunnels, 'hasLost'>): Promise<boolean> {
    for (let turn = 0; turn <= HEARD_TURNS; turn += 1) {
      if ([...this.#sent].some((sent) => sent.isGivenUp && sent.destination === destination)) return true;
      const sent = this.since(destination);
      if (sent === undefined || (turn > 0 && !tunnels.hasLost(destination, sent))) return false;
      await pause(HEARD_MS);
    }
    return true;
  }

  /** No answer comes any more to what was sent there. */
  giveUp(destination: Destination): void {
    for (const sent of this.#sent) if (sent.destination === destination) sent.isGivenUp = true;
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
    this.#act = {};
    this.#sent.clear();
  }
}
