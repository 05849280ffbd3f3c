import { setTimeout as pause } from 'node:timers/promises';
import { partsIn } from './body-look.ts';
import type { LostRequests, TunnelRequests } from './lost-requests.ts';
import type { Destination } from './session-addresses.ts';
import { ApplicationData } from './tls-records.ts';
import type { Passes, Unanswered } from './unanswered.ts';

/** No part of a body is in the first records of a connection: they end its handshake, and begin HTTP/2. */
const OPENING_RECORDS = 2;
/** Milliseconds between looks whether an answer was heard of, and so many of them: ten seconds, in which most logins are answered. */
const HEARD_MS = 30;
const HEARD_TURNS = 333;
/** The same where there was none: one that the portal gave elsewhere has a second to be heard of. */
const UNHEARD_TURNS = 33;

interface TunnelRecordsOptions {
  readonly unanswered: Unanswered;
  readonly lost: LostRequests;
  readonly destination: Destination;
  /** Told of what must not leave, since no answer was heard of to what it repeats. */
  readonly onRepeat: () => void;
}

/** A record that arrives, or waits: how long it is, whether it opens the tunnel, and when it came (milliseconds of `performance.now`). */
interface Arrived {
  readonly length: number;
  readonly isOpening: boolean;
  readonly at: number;
}

/**
 * Watches one tunnel for what passes once more though it has no answer yet. A browser sends a body by itself again over HTTP/2 that was refused or misdirected
 * (RFC 9113, 8.7; RFC 9110, 15.5.20), in the same tunnel or in another one, and by HTTP/1.1 a whole request that was lost with its tunnel (`LostRequests`).
 * Headers may be as long as a body: those that leave right before it, with no word of the portal between, are taken for one with it. What is held because it
 * only looks like something once more goes on as soon as the true one was answered.
 */
export class TunnelRecords {
  readonly #options: TunnelRecordsOptions;
  readonly #requests: TunnelRequests;
  readonly #data = new ApplicationData((length) => this.#begun.push(length));
  #begun: number[] = [];
  #opening = OPENING_RECORDS;
  #burst: object = {};

  constructor(options: TunnelRecordsOptions) {
    this.#options = options;
    this.#requests = options.lost.tunnel(options.destination);
  }

  /** The portal has sent so many bytes. */
  noteAnswer(bytes: number): void {
    this.#burst = {};
    this.#requests.noteAnswer(bytes);
  }

  /** One of the tunnel's ends is closed. To be said before the browser can know. */
  gone(): void {
    this.#requests.gone();
  }

  /** Waits as long as these bytes, the next ones of a browser, would be something once more; `false`: they must not leave. `isOver`: whether nobody waits any more. */
  async pass(bytes: Buffer, isOver: () => boolean): Promise<boolean> {
    this.#begun = [];
    this.#data.countIn(bytes);
    const at = performance.now();
    for (const length of this.#begun) {
      const isOpening = this.#opening > 0;
      if (isOpening) this.#opening -= 1;
      if (!(await this.#passes({ length, isOpening, at }, isOver))) return false;
      this.#requests.note(length);
    }
    return true;
  }

  /** Whether it may pass, once the true one was answered: in time, and in the same act. Where the browser gives that one up it must not, though nothing waits any more. */
  async #passes(record: Arrived, isOver: () => boolean): Promise<boolean> {
    const { unanswered, destination, onRepeat } = this.#options;
    const { act } = unanswered;
    for (let turn = 0; ; turn += 1) {
      if (turn > 0) await pause(HEARD_MS);
      if (turn > 0 && (isOver() || unanswered.act !== act)) return false;
      const { passes, turns } = this.#mayPass(record);
      if (passes === 'passes') return true;
      if (passes === 'waits' && turn < turns) continue;
      if (passes === 'waits') unanswered.giveUp(destination);
      onRepeat();
      return false;
    }
  }

  /** How it passes, and for how many looks it is to wait. */
  #mayPass(record: Arrived): { readonly passes: Passes; readonly turns: number } {
    const lost = this.#requests.mayPass(record.length);
    if (lost.passes !== 'passes') return { passes: lost.passes, turns: lost.isUnheard ? UNHEARD_TURNS : HEARD_TURNS };
    return { passes: record.isOpening ? 'passes' : this.#mayPassBody(record), turns: HEARD_TURNS };
  }

  #mayPassBody({ length, at }: Arrived): Passes {
    const { looks, isFull } = partsIn(this.#options.destination, length);
    // No headers are as long as a full part, and a large body may wait for the portal between two.
    return this.#options.unanswered.mayPass(looks, isFull ? {} : this.#burst, at);
  }
}
