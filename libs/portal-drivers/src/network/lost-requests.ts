import type { Destination } from './session-addresses.ts';
import type { Passes, Unanswered } from './unanswered.ts';

/** Every request of Chromium by HTTP/1.1 is longer than this; what ends a handshake or begins HTTP/2 is shorter. */
const SHORTEST_REQUEST_BYTES = 200;
/** What a portal sends at most where it only says that it closes the connection: an alert, in TLS 1.3 of 24 bytes. */
const FAREWELL_BYTES = 40;

/** When something left (milliseconds of `performance.now`), and whether there can have been no answer to it. */
interface Left {
  readonly at: number;
  readonly isUnheard: boolean;
}

interface Leaving extends Left {
  /** Whether the portal may have sent something since that belongs to the handshake: a browser begins a request right behind its own end of it. */
  readonly isOpening: boolean;
  heard: number;
}

/** How something passes that is as long as what was lost; `isUnheard`: there was no answer to that. */
export interface LikeLost {
  readonly passes: Passes;
  readonly isUnheard: boolean;
}

const PASSES: LikeLost = { passes: 'passes', isUnheard: false };

/**
 * Requests that were lost with their tunnels. By HTTP/1.1 a browser sends such a one again by itself, a submit, too, where its connection was used before (RFC
 * 9112, 9.3.1 leaves that to requests that are safe to repeat; Chromium does not): in another tunnel that is open, without a word to the proxy, or in a new
 * one. It is the same to the byte then, and so is the length of its first record.
 */
export class LostRequests {
  readonly #unanswered: Unanswered;
  readonly #lost = new Map<string, Left>();

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
    const lost = this.#lost.get(lookOf(destination, length));
    return lost ? { passes: this.#unanswered.mayPassAgain(destination, lost.at), isUnheard: lost.isUnheard } : PASSES;
  }

  #note(destination: Destination, left: ReadonlyMap<number, Left>): void {
    // Where all is answered nothing is lost that matters, and what was lost before is over.
    if (this.#unanswered.mayPassAgain(destination, Infinity) === 'passes') return void this.#lost.clear();
    for (const [length, { at, isUnheard }] of left) this.#lost.set(lookOf(destination, length), { at, isUnheard });
  }
}

/** The requests of one tunnel, and whether the portal has sent something since that may be their answer. */
export class TunnelRequests {
  readonly #like: (length: number) => LikeLost;
  readonly #onGone: (left: ReadonlyMap<number, Left>) => void;
  /** By the lengths of their first records: of those that have no answer. */
  readonly #left = new Map<number, Leaving>();
  /** Whether the next long record begins a request: a browser waits for the answer before. */
  #begins = true;
  #hasSent = false;
  #isOpen = false;

  constructor({ like, onGone }: { readonly like: (length: number) => LikeLost; readonly onGone: (left: ReadonlyMap<number, Left>) => void }) {
    this.#like = like;
    this.#onGone = onGone;
  }

  /** How a record of application data passes: it must not where it is a request once more that was lost. */
  mayPass(length: number): LikeLost {
    return this.#isRequest(length) ? this.#like(length) : PASSES;
  }

  /** It passes. */
  note(length: number): void {
    if (this.#isRequest(length)) {
      this.#left.set(length, { at: performance.now(), isOpening: !this.#isOpen, isUnheard: true, heard: 0 });
      this.#begins = false;
    }
    this.#hasSent = true;
  }

  /** The portal has sent so many bytes. */
  noteAnswer(bytes: number): void {
    [this.#begins, this.#isOpen] = [true, this.#hasSent];
    for (const [length, leaving] of this.#left) {
      const heard = leaving.heard + bytes;
      const isUnheard = heard <= FAREWELL_BYTES;
      if (isUnheard || leaving.isOpening) this.#left.set(length, { ...leaving, heard, isUnheard });
      else this.#left.delete(length);
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
