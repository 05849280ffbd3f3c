import { setTimeout as pause } from 'node:timers/promises';
import type { Destination } from './session-addresses.ts';
import type { Tunnels } from './tunnels.ts';

/** Milliseconds between looks whether an answer was heard of, and so many of them: a second, after which what broke had none. */
const HEARD_MS = 30;
const HEARD_TURNS = 33;

interface Sent {
  /** Where a tunnel leads that carries it; `null` where none does. */
  readonly destination: Destination | null;
  /** Milliseconds of `performance.now`. */
  readonly at: number;
}

/** What a session has sent that must not be sent twice (it has a body, or what was typed) and has no answer yet; the request gate knows, and the proxy asks. */
export class Unanswered {
  /** The oldest first. */
  readonly #sent = new Set<Sent>();

  /** Something leaves now, by a tunnel to `destination`; `over` ends with its answer, or when it can have none any more. */
  note(destination: Destination | null, over: Promise<unknown>): void {
    const sent = { destination, at: performance.now() };
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

  /** The act is over: nobody waits for its answers any more. */
  clear(): void {
    this.#sent.clear();
  }
}
