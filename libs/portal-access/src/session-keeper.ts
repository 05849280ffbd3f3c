import type { PortalSession } from '@rcm/portal-drivers';

export interface SessionKeeperOptions {
  /** How many logged-in contexts are kept in all. The least recently used one is closed for a new one. */
  readonly maxSessions: number;
  /** How long an idle one is kept, in ms. */
  readonly idleMs: number;
}

interface Kept {
  readonly session: PortalSession;
  readonly version: string;
  readonly timer: NodeJS.Timeout;
}

/**
 * Logged-in browser contexts between two tasks, one per endpoint. A context belongs to the password version that opened it:
 * asked for with another version it is closed, so a rotation ends it. It holds no lease while it lies here.
 */
export class SessionKeeper {
  readonly #options: SessionKeeperOptions;
  /** Insertion order is order of use: the first is the least recently used. */
  readonly #kept = new Map<string, Kept>();

  constructor(options: SessionKeeperOptions) {
    this.#options = options;
  }

  /** The context kept for this endpoint under this version, which the caller then owns, or `null`. */
  async take(endpointId: string, version: string): Promise<PortalSession | null> {
    const kept = this.#remove(endpointId);
    if (!kept) return null;
    if (kept.version === version) return kept.session;
    await kept.session.close();
    return null;
  }

  async keep(endpointId: string, version: string, session: PortalSession): Promise<void> {
    await this.drop(endpointId);
    if (this.#options.maxSessions === 0) return session.close();
    const oldest = this.#kept.size >= this.#options.maxSessions ? this.#kept.keys().next().value : undefined;
    if (oldest !== undefined) await this.drop(oldest);
    const timer = setTimeout(() => void this.drop(endpointId).catch(() => undefined), this.#options.idleMs);
    timer.unref();
    this.#kept.set(endpointId, { session, version, timer });
  }

  /** Closes what is kept for an endpoint: its login was rotated, or its page misbehaved. */
  async drop(endpointId: string): Promise<void> {
    await this.#remove(endpointId)?.session.close();
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#kept.keys()].map((endpointId) => this.drop(endpointId)));
  }

  get size(): number {
    return this.#kept.size;
  }

  #remove(endpointId: string): Kept | undefined {
    const kept = this.#kept.get(endpointId);
    if (kept) {
      clearTimeout(kept.timer);
      this.#kept.delete(endpointId);
    }
    return kept;
  }
}
