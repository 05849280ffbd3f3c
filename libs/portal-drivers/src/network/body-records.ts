import { setTimeout as pause } from 'node:timers/promises';
import type { Destination } from './session-addresses.ts';
import { ApplicationData } from './tls-records.ts';
import type { Look, Passes, Unanswered } from './unanswered.ts';

/** Bytes of the frame around a part of a body (RFC 9113, 4.1). */
const FRAME_BYTES = 9;
/** Bytes that encryption adds: ChaCha20-Poly1305 in TLS 1.2, everything in TLS 1.3, AES-GCM in TLS 1.2. A portal's choice of them is not looked at. */
const SEALS = [16, 17, 24];
/** Chromium sends a body in parts that fill one record each. */
const FULL_BYTES = 16_384 - FRAME_BYTES;
/** Frames that a connection needs by itself (a ping, a window's update, a priority) are as short as shorter parts. */
const SHORTEST_BYTES = 16;
/** No part of a body is in the first records of a connection: they end its handshake, and begin HTTP/2. */
const OPENING_RECORDS = 2;
/** Milliseconds between looks whether an answer was heard of, and so many of them: ten seconds, in which most logins are answered. */
const HEARD_MS = 30;
const HEARD_TURNS = 333;

/** How the parts of a body of so many bytes look in a tunnel, which nobody can look into: by their lengths. */
export function looksOfBody(destination: Destination, bytes: number): readonly Look[] {
  const [full, rest] = [Math.floor(bytes / FULL_BYTES), bytes % FULL_BYTES];
  return [
    ...(full > 0 ? [{ what: lookOf(destination, FULL_BYTES), times: full }] : []),
    ...(rest >= SHORTEST_BYTES ? [{ what: lookOf(destination, rest), times: 1 }] : []),
  ];
}

const lookOf = ({ host }: Destination, bytes: number): string => `${host} ${bytes}`;

/**
 * Watches one tunnel for bodies that pass once more, as a browser sends one by itself over HTTP/2 that was refused or misdirected (RFC 9113, 8.7; RFC 9110,
 * 15.5.20), in the same tunnel or in another one. Headers may be as long as a body: those that leave right before it, with no word of the portal between, are
 * taken for one with it. What is held because it only looks like a body goes on as soon as the true one was answered.
 */
export class BodyRecords {
  readonly #unanswered: Unanswered;
  readonly #destination: Destination;
  readonly #onRepeat: () => void;
  readonly #data = new ApplicationData((length) => this.#begun.push(length));
  #begun: number[] = [];
  #opening = OPENING_RECORDS;
  #burst: object = {};

  /** `onRepeat`: told of a body that must not leave, since no answer was heard of to what it repeats. */
  constructor(options: { readonly unanswered: Unanswered; readonly destination: Destination; readonly onRepeat: () => void }) {
    this.#unanswered = options.unanswered;
    this.#destination = options.destination;
    this.#onRepeat = options.onRepeat;
  }

  /** The portal has sent something. */
  noteAnswer(): void {
    this.#burst = {};
  }

  /** Waits as long as these bytes, the next ones of a browser, would be a body once more; `false`: they must not leave. `isOver`: whether nobody waits any more. */
  async pass(bytes: Buffer, isOver: () => boolean): Promise<boolean> {
    this.#begun = [];
    this.#data.countIn(bytes);
    const opening = Math.min(this.#opening, this.#begun.length);
    this.#opening -= opening;
    for (const length of this.#begun.slice(opening)) if (!(await this.#passes(length, isOver))) return false;
    return true;
  }

  /** Whether it may pass, once the true one was answered: in time, and in the same act. Where the browser gives that one up it must not, though nothing waits any more. */
  async #passes(length: number, isOver: () => boolean): Promise<boolean> {
    const { act } = this.#unanswered;
    for (let turn = 0; turn <= HEARD_TURNS; turn += 1) {
      if (turn > 0) await pause(HEARD_MS);
      if (turn > 0 && (isOver() || this.#unanswered.act !== act)) return false;
      const passes = this.#mayPass(length);
      if (passes === 'passes') return true;
      if (passes === 'ends') break;
      if (turn === HEARD_TURNS) this.#unanswered.giveUp(this.#destination);
    }
    this.#onRepeat();
    return false;
  }

  #mayPass(length: number): Passes {
    const sizes = SEALS.map((seal) => length - seal - FRAME_BYTES);
    // No headers are as long as a full part, and a large body may wait for the portal between two.
    const burst = sizes.includes(FULL_BYTES) ? {} : this.#burst;
    return this.#unanswered.mayPass(
      sizes.map((size) => lookOf(this.#destination, size)),
      burst,
    );
  }
}
