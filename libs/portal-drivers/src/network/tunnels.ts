import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Destination } from './session-addresses.ts';
import { ApplicationData } from './tls-records.ts';

/** Milliseconds without a byte after which a tunnel whose last byte came from the portal counts as quiet. */
const QUIET_MS = 30;
/** So many times `QUIET_MS`, about a second, has the portal to answer what had to wait in a tunnel. */
const ANSWER_TURNS = 33;
const NEVER = -Infinity;
/**
 * What a browser sends at most as application data once the portal has begun to answer it, where it goes no further: in TLS 1.3 an alert of 24 bytes. The end
 * of a handshake is more there, and comes before any request.
 */
const REFUSAL_BYTES = 40;

/** A tunnel that is being made, or open. */
export interface Tunnel {
  readonly browser: Socket;
  readonly destination: Destination;
  /** When its last byte passed (milliseconds of a monotonic clock), and whether the portal sent it. */
  last: number;
  fromPortal: boolean;
  /** When the browser's last byte came; `NEVER` until one does. */
  asked: number;
  /** Bytes of application data of the browser since the portal first sent any; `NEVER` until it does. */
  replied: number;
  /** Bytes of the browser that are still in the valve. */
  waiting: number;
  /** Whether the portal has an answer to give to what had to wait. */
  owed: boolean;
}

/** The open tunnels of an egress proxy. They cannot be looked into: what must not use one any more finds it cut. */
export class Tunnels {
  readonly #open = new Set<Tunnel>();
  /** When the browser last used one that is gone, by where it led. */
  readonly #gone = new Map<Destination, number>();

  /** A tunnel begins to be made; it counts until its browser's end closes. */
  begin(browser: Socket, destination: Destination): Tunnel {
    const tunnel: Tunnel = { browser, destination, last: performance.now(), fromPortal: false, asked: NEVER, replied: NEVER, waiting: 0, owed: false };
    this.#open.add(tunnel);
    browser.once('close', () => {
      this.#open.delete(tunnel);
      if (tunnel.replied > REFUSAL_BYTES) this.#gone.set(destination, Math.max(tunnel.asked, this.#gone.get(destination) ?? NEVER));
    });
    return tunnel;
  }

  /** Follows what passes: what a browser sends comes in at its end, passes the valve, and goes out to the portal. */
  follow(tunnel: Tunnel, { valve, portal }: { readonly valve: Readable; readonly portal: Socket }): void {
    const { browser } = tunnel;
    const data = new ApplicationData();
    const note = (noted: Partial<Tunnel>): void => void Object.assign(tunnel, noted, { last: performance.now() });
    browser.on('data', (bytes: Buffer) =>
      note({ fromPortal: false, asked: performance.now(), replied: tunnel.replied + data.countIn(bytes), waiting: tunnel.waiting + bytes.length }),
    );
    valve.on('held', () => note({ owed: true }));
    valve.on('data', ({ length }: Buffer) => note({ fromPortal: false, waiting: tunnel.waiting - length }));
    portal.on('data', () => note({ fromPortal: true, replied: Math.max(tunnel.replied, 0), owed: tunnel.owed && tunnel.waiting > 0 }));
  }

  /**
   * Whether what was sent somewhere at a time (milliseconds of `performance.now`) can only have been lost: a tunnel that the browser used since, for more than
   * a handshake that it refused, is gone, and no other one was used since or is yet to be used.
   */
  hasLost(destination: Destination, sent: number): boolean {
    const isGone = (this.#gone.get(destination) ?? NEVER) >= sent;
    return isGone && ![...this.#open].some((tunnel) => tunnel.destination === destination && (tunnel.asked >= sent || tunnel.asked === NEVER));
  }

  /** Whether something that the browser has sent somewhere waits here to go on. */
  holds(destination: Destination): boolean {
    return [...this.#open].some((tunnel) => tunnel.destination === destination && tunnel.waiting > 0);
  }

  /** Cuts every tunnel to a host that may not receive what is typed. */
  cutOthers(): void {
    for (const { browser, destination } of this.#open) if (!destination.receives) browser.destroy();
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
