import { setTimeout as pause } from 'node:timers/promises';
import type { Destination } from './session-addresses.ts';
import type { Tunnels } from './tunnels.ts';

/** `waits`: it looks like something once more whose answer may still come. `ends`: like something once more to which none comes any more. */
export type Passes = 'passes' | 'waits' | 'ends';

/** Milliseconds between looks whether an answer was heard of, and so many of them: a second, after which what broke had none. */
const HEARD_MS = 30;
const HEARD_TURNS = 33;
/** What a browser had sent before it gave a request up is in this machine's buffers by then: so many times `HEARD_MS` has the proxy to read it, from when it reads. */
const ARRIVED_TURNS = 3;

/** What left in a tunnel that is gone: when (milliseconds of `performance.now`), and whether there can have been no answer to it. */
export interface Gone {
  readonly at: number;
  readonly isUnheard: boolean;
}

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
  /** How long its first record is by HTTP/1.1, at least. Default: nobody can tell. */
  readonly firstBytes?: Promise<number>;
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
  /** `firstBytes`, 0 as long as it is not known. */
  least: number;
  /** Whether the browser was seen to send it once more, and no answer was heard of. */
  isGivenUp: boolean;
  /** Whether nobody waits for its answer any more, and what the browser has sent of it may still be on its way. */
  isOver: boolean;
}

/** What a session has sent that must not be sent twice (it has a body, or what was typed) and has no answer yet; the request gate knows, and the proxy asks. */
export class Unanswered {
  /** The oldest first. */
  readonly #sent = new Set<Sent>();
  /** How many workers of a page have ended. */
  readonly #ended = new WeakMap<object, number>();
  readonly #tunnels: Pick<Tunnels, 'hasLost' | 'holds'>;
  #act: object = {};

  /** `tunnels`: all by which something of this session may leave. */
  constructor(tunnels: Pick<Tunnels, 'hasLost' | 'holds'>) {
    this.#tunnels = tunnels;
  }

  /** Another one for each act. */
  get act(): object {
    return this.#act;
  }

  /** Something leaves now. `answer`: `null` or rejected once there can be none any more, and never settled where a worker sent it that ended meanwhile. */
  note(sending: Sending, answer: Promise<unknown>): void {
    const passing = sending.looks.map(({ what, times }) => ({ what, left: times, burst: null }));
    const sent = { ...sending, at: performance.now(), passing, least: 0, isGivenUp: false, isOver: false };
    this.#sent.add(sent);
    sending.firstBytes?.then(
      (least) => Object.assign(sent, { least }),
      () => undefined,
    );
    const { ofWorker } = sending;
    if (ofWorker && this.ofWorkerIn(ofWorker.page).ended !== ofWorker.ended) return void this.#end(sent);
    answer.then(
      (one) => (one === null ? this.#end(sent) : this.#sent.delete(sent)),
      () => this.#end(sent),
    );
  }

  /** Nobody waits for its answer any more. What the browser had sent once more until then must not arrive, and is told from other things for a moment. */
  #end(sent: Sent): void {
    sent.isOver = true;
    void this.#forget(sent);
  }

  async #forget(sent: Sent): Promise<void> {
    // What is held in a tunnel keeps the proxy from reading on there.
    for (let turn = 0; turn < ARRIVED_TURNS; turn = this.#isHeld(sent) ? 0 : turn + 1) await pause(HEARD_MS);
    this.#sent.delete(sent);
  }

  #isHeld(sent: Sent): boolean {
    return sent.destination !== null && this.#sent.has(sent) && this.#tunnels.holds(sent.destination);
  }

  /** Since when there has been one, in milliseconds of `performance.now`; of one destination where it is given. `undefined`: all are answered. */
  since(destination?: Destination): number | undefined {
    for (const sent of this.#sent) if (!sent.isOver && (destination === undefined || sent.destination === destination)) return sent.at;
    return undefined;
  }

  /**
   * How what passes the proxy, and looks like one of these, passes: it must not where it is something once more that has no answer. It is taken to pass where it may. What
   * passes in one `burst` is taken for one. `arrived` (milliseconds of `performance.now`): what was sent later it cannot be.
   */
  mayPass(whats: readonly string[], burst: object, arrived: number): Passes {
    const before = [...this.#sent].filter(({ at }) => at <= arrived);
    const alike = before.flatMap((sent) => sent.passing.filter(({ what }) => whats.includes(what)).map((passing) => ({ sent, passing })));
    if (alike.length === 0 || alike.some(({ passing }) => passing.burst === burst)) return 'passes';
    const next = alike.find(({ passing }) => passing.left > 0)?.passing;
    if (next) Object.assign(next, { left: next.left - 1, burst });
    if (next) return 'passes';
    return howHeld(alike.map(({ sent }) => sent));
  }

  /**
   * How something passes that is as long as what left for there and is gone with its tunnel: that may be one of these. Where the portal has sent something since
   * it may have been any answer: `bytes`, how long its first record is at most, tells it from shorter things.
   */
  mayPassAgain(destination: Destination, bytes: number, { at, isUnheard }: Gone): Passes {
    const before = [...this.#sent].filter((sent) => sent.destination === destination && sent.at <= at);
    const alike = before.filter(({ least }) => isUnheard || bytes >= least);
    return alike.length === 0 ? 'passes' : howHeld(alike);
  }

  /** Whether something has no answer, or may still be on its way: only then it matters what else is lost. */
  get isAny(): boolean {
    return this.#sent.size > 0;
  }

  /**
   * Whether what was sent there is lost with its tunnel, so that in another one the browser would send it again. The browser knows of an answer before this process
   * does: it has a moment to be heard of, counted in looks, since a process that was stopped hears of it only when it goes on. So has the end of a tunnel, which a
   * browser may close after it has asked for another one.
   */
  async isLost(destination: Destination): Promise<boolean> {
    for (let turn = 0; turn <= HEARD_TURNS; turn += 1) {
      const isGivenUp = [...this.#sent].some((sent) => sent.isGivenUp && sent.destination === destination);
      const sent = this.since(destination);
      const isLost = turn === 0 || isGivenUp || (sent !== undefined && this.#tunnels.hasLost(destination, sent));
      if (!isLost || (sent === undefined && !isGivenUp)) return false;
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
    for (const sent of this.#sent) if (sent.ofWorker?.page === page) this.#end(sent);
  }

  /** The act is over: nobody waits for its answers any more. */
  clear(): void {
    this.#act = {};
    this.#sent.clear();
  }
}

/** How something waits that is like these, once more. */
const howHeld = (sent: readonly Sent[]): Passes => (sent.every(({ isOver, isGivenUp }) => isOver || isGivenUp) ? 'ends' : 'waits');
