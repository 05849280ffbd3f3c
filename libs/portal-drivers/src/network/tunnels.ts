import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Destination } from './session-addresses.ts';

/** Milliseconds without a byte after which a tunnel whose last byte came from the portal counts as quiet. */
const QUIET_MS = 30;

interface Tunnel {
  readonly browser: Socket;
  readonly receives: boolean;
  /** When its last byte passed (milliseconds of a monotonic clock), and whether the portal sent it. */
  last: number;
  fromPortal: boolean;
}

/** The open tunnels of an egress proxy. They cannot be looked into: what must not use one any more finds it cut. */
export class Tunnels {
  readonly #open = new Set<Tunnel>();

  /** Follows a tunnel from now on until its browser's end closes. */
  follow(browser: Socket, portal: Socket, { receives }: Destination): void {
    const tunnel: Tunnel = { browser, receives, last: performance.now(), fromPortal: false };
    const note = (fromPortal: boolean) => () => Object.assign(tunnel, { last: performance.now(), fromPortal });
    browser.on('data', note(false));
    portal.on('data', note(true));
    this.#open.add(tunnel);
    browser.once('close', () => this.#open.delete(tunnel));
  }

  /** Cuts every tunnel to a host that may not receive what is typed. */
  cutOthers(): void {
    for (const { browser, receives } of this.#open) if (!receives) browser.destroy();
  }

  /** Cuts every quiet tunnel; where one is busy, after the `QUIET_MS` in which it may become quiet. */
  async cutQuiet(): Promise<void> {
    const busy = [...this.#open].some(({ last }) => performance.now() - last < QUIET_MS);
    if (busy) await pause(QUIET_MS);
    for (const { browser, fromPortal, last } of this.#open) {
      if (fromPortal && performance.now() - last >= QUIET_MS) browser.destroy();
    }
  }
}
