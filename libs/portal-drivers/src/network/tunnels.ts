import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Destination } from './session-addresses.ts';

/** Milliseconds without a byte after which a tunnel whose last byte came from the portal counts as quiet. */
const QUIET_MS = 30;
/** So many times `QUIET_MS`, about a second, has the portal to answer what had to wait in a tunnel. */
const ANSWER_TURNS = 33;

/** What a browser sends comes in at its end, passes the valve, and goes out to the portal. */
export interface TunnelEnds {
  readonly browser: Socket;
  readonly valve: Readable;
  readonly portal: Socket;
}

interface Tunnel {
  readonly browser: Socket;
  readonly receives: boolean;
  /** When its last byte passed (milliseconds of a monotonic clock), and whether the portal sent it. */
  last: number;
  fromPortal: boolean;
  /** When the browser's last byte came. */
  asked: number;
  /** Bytes of the browser that are still in the valve. */
  waiting: number;
  /** Whether the portal has an answer to give to what had to wait. */
  owed: boolean;
}

/** The open tunnels of an egress proxy. They cannot be looked into: what must not use one any more finds it cut. */
export class Tunnels {
  readonly #open = new Set<Tunnel>();

  /** Follows a tunnel from now on until its browser's end closes. */
  follow({ browser, valve, portal }: TunnelEnds, { receives }: Pick<Destination, 'receives'>): void {
    const tunnel: Tunnel = { browser, receives, last: performance.now(), fromPortal: false, asked: performance.now(), waiting: 0, owed: false };
    const note = (noted: Partial<Tunnel>): void => void Object.assign(tunnel, noted, { last: performance.now() });
    browser.on('data', ({ length }: Buffer) => note({ fromPortal: false, asked: performance.now(), waiting: tunnel.waiting + length }));
    valve.on('held', () => note({ owed: true }));
    valve.on('data', ({ length }: Buffer) => note({ fromPortal: false, waiting: tunnel.waiting - length }));
    portal.on('data', () => note({ fromPortal: true, owed: tunnel.owed && tunnel.waiting > 0 }));
    this.#open.add(tunnel);
    browser.once('close', () => this.#open.delete(tunnel));
  }

  /** Cuts every tunnel to a host that may not receive what is typed. */
  cutOthers(): void {
    for (const { browser, receives } of this.#open) if (!receives) browser.destroy();
  }

  /**
   * Cuts every quiet tunnel; where one is busy, after the `QUIET_MS` in which it may become quiet. What had to wait leaves right before: where a tunnel
   * held something, its portal has a second to answer, once. Left is what the browser has used since `unanswered`, when it sent what has no answer yet: over
   * HTTP/2 the portal may have answered something else meanwhile.
   */
  async cutQuiet(unanswered = Infinity): Promise<void> {
    const turns = [...this.#open].some(({ owed }) => owed) ? ANSWER_TURNS : 1;
    for (let turn = 0; turn < turns && [...this.#open].some(isBusy); turn += 1) await pause(QUIET_MS);
    for (const tunnel of this.#open) {
      if (isQuiet(tunnel) && tunnel.asked < unanswered) tunnel.browser.destroy();
      tunnel.owed = false;
    }
  }
}

const isRecent = ({ last }: Tunnel): boolean => performance.now() - last < QUIET_MS;
const isBusy = (tunnel: Tunnel): boolean => isRecent(tunnel) || tunnel.owed;
const isQuiet = (tunnel: Tunnel): boolean => tunnel.fromPortal && tunnel.waiting === 0 && !isRecent(tunnel);
