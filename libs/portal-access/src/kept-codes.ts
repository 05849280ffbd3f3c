import type { Clock, Secret } from '@rcm/telemetry';

/** A code that a portal has let a login in with, and that is good for longer. */
export interface KeptCode {
  readonly code: Secret<string>;
  /** When its login began, by Postgres's clock: what people and other processes have said since then counts. */
  readonly since: Date;
  /** When it ends, by this process's clock. */
  readonly endsAt: Date;
}

export interface KeptCodesOptions {
  readonly clock: Clock;
  /** How many are kept in all. The one that was typed longest ago goes for a new one. Default 5,000. */
  readonly most?: number;
}

const MOST = 5_000;
/** So long before its end a code is typed no more: the portal's clock may be ahead of ours, and a login takes its time. In ms. */
const EARLY_MS = 300_000;

interface Held {
  readonly kept: KeptCode;
  readonly timer: NodeJS.Timeout;
}

/**
 * The codes of one process that are still good, each under its login's name. They lie in this memory and nowhere else: no longer than the portal takes them, and a process that ends forgets them.
 */
export class KeptCodes {
  readonly #clock: Clock;
  readonly #most: number;
  /** Insertion order is order of use: the first is the least recently used. */
  readonly #held = new Map<string, Held>();

  constructor({ clock, most = MOST }: KeptCodesOptions) {
    this.#clock = clock;
    this.#most = most;
  }

  find(login: string): KeptCode | null {
    const held = this.#held.get(login);
    if (!held) return null;
    if (this.#leftMs(held.kept) <= 0) {
      this.drop(login);
      return null;
    }
    this.#held.delete(login);
    this.#held.set(login, held);
    return held.kept;
  }

  /** In the place of one that is kept for the login already. One that is about to end is not kept. */
  keep(login: string, kept: KeptCode): void {
    this.drop(login);
    const leftMs = this.#leftMs(kept);
    if (leftMs <= 0) return;
    const timer = setTimeout(() => this.drop(login), leftMs);
    timer.unref();
    this.#held.set(login, { kept, timer });
    const oldest = this.#held.size > this.#most ? this.#held.keys().next().value : undefined;
    if (oldest !== undefined) this.drop(oldest);
  }

  drop(login: string): void {
    clearTimeout(this.#held.get(login)?.timer);
    this.#held.delete(login);
  }

  get size(): number {
    return this.#held.size;
  }

  #leftMs({ endsAt }: KeptCode): number {
    return endsAt.getTime() - EARLY_MS - this.#clock.now().getTime();
  }
}
