import type { Destination } from './session-addresses.ts';
import { SHORTEST_SEAL } from './body-look.ts';
import type { Gone, Passes, Unanswered } from './unanswered.ts';

/** Every request of Chromium by HTTP/1.1 is longer than this; what ends a handshake or begins HTTP/2 is shorter. */
const SHORTEST_REQUEST_BYTES = 200;
/** What a portal sends at most where it only says that it closes the connection: an alert, in TLS 1.3 of 24 bytes. */
const FAREWELL_BYTES = 40;

interface Leaving extends Gone {
  /** Bytes that the portal has sent since. */
  readonly heard: number;
}

/** How something passes that is as long as what was lost; `isUnheard`: there was no answer to that. */
export interface LikeLost {
  readonly passes: Passes;
  readonly isUnheard: boolean;
}

const PASSES: LikeLost = { passes: 'passes', isUnheard: false };

/**
 * Requests that went with their tunnels. By HTTP/1.1 a browser sends such a one again by itself, a submit, too, where its connection was used before and broke (RFC
 * 9112, 9.3.1 leaves that to requests that are safe to repeat; Chromium does not), or where the portal answers 408 or 421: in another tunnel that is open,
 * without a word to the proxy, or in a new one. It is the same to the byte then, and so is the length of its first record.
 */
export class LostRequests {
  readonly #unanswered: Unanswered;
  readonly #lost = new Map<string, Gone>();

  constructor(unanswered: Unanswered) {
    this.#unanswered = unanswered;
  }

  /** A tunnel that leads there. */
  tunnel(destination: Destination): TunnelRequests {
    return new TunnelRequests({
      like: (length) => this.#like(destination, length),
      onGone: (left) => this.#note(destination, left),
    });
  }

  #like(destination: Destination, length: number): LikeLost {
    const gone = this.#lost.get(lookOf(destination, length));
    if (!gone) return PASSES;
    return { passes: this.#unanswered.mayPassAgain(destination, length - SHORTEST_SEAL, gone), isUnheard: gone.isUnheard };
  }

  #note(destination: Destination, left: ReadonlyMap<number, Gone>): void {
    if (!this.#unanswered.isAny) return void this.#lost.clear();
    for (const [length, { at, isUnheard }] of left) {
      const look = lookOf(destination, length);
      // An older tunnel may end later.
      if ((this.#lost.get(look)?.at ?? -Infinity) <= at) this.#lost.set(look, { at, isUnheard });
    }
  }
}

/** The requests of one tunnel, and whether the portal has sent something since that may be their answer. */
export class TunnelRequests {
  readonly #like: (length: number) => LikeLost;
  readonly #onGone: (left: ReadonlyMap<number, Gone>) => void;
  /** By the lengths of their first records: the last one, and those before it that have no answer. */
  readonly #left = new Map<number, Leaving>();
  /** Whether the next long record begins a request: a browser waits for the answer before. */
  #begins = true;

  constructor({ like, onGone }: { readonly like: (length: number) => LikeLost; readonly onGone: (left: ReadonlyMap<number, Gone>) => void }) {
    this.#like = like;
    this.#onGone = onGone;
  }

  /** How a record of application data passes: it must not where it is a request once more that was lost. */
  mayPass(length: number): LikeLost {
    return this.#isRequest(length) ? this.#like(length) : PASSES;
  }

  /** It passes. */
  note(length: number): void {
    if (!this.#isRequest(length)) return;
    for (const [before, { isUnheard }] of this.#left) if (!isUnheard) this.#left.delete(before);
    this.#left.set(length, { at: performance.now(), isUnheard: true, heard: 0 });
    this.#begins = false;
  }

  /** The portal has sent so many bytes: what ends a handshake, an answer, or that it closes the connection. */
  noteAnswer(bytes: number): void {
    this.#begins = true;
    for (const [length, leaving] of this.#left) {
      const heard = leaving.heard + bytes;
      this.#left.set(length, { ...leaving, heard, isUnheard: heard <= FAREWELL_BYTES });
    }
  }

  /** One of its ends is closed. To be said before the browser can know. */
  gone(): void {
    this.#onGone(this.#left);
    this.#left.clear();
  }

  #isRequest(length: number): boolean {
    return this.#begins && length >= SHORTEST_REQUEST_BYTES;
  }
}

const lookOf = ({ host }: Destination, length: number): string => `${host} ${length}`;
