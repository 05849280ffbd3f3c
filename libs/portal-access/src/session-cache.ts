import type { PortalSession } from '@rcm/portal-drivers';

export interface SessionCacheOptions {
  /** How many logged-in contexts are kept in all. The least recently used one is closed for a new one. */
  readonly maxSessions: number;
  /** How long an idle one is kept, in ms. */
  readonly idleMs: number;
}

/** A logged-in context, and the login of the ledger that opened it. */
export interface KeptSession {
  readonly session: PortalSession;
  readonly loginAttemptId: string;
}

interface Kept extends KeptSession {
  readonly basis: string;
  readonly timer: NodeJS.Timeout;
}

/**
 * Logged-in browser contexts between two tasks, one per endpoint. A context belongs to what it was opened with (password version,
 * recipe, …): asked for with anything else it is closed, so a rotation ends it. It holds no lease while it lies here.
 */
export class SessionCache {
  readonly #options: SessionCacheOptions;
  /** Insertion order is order of use: the first is the least recently used. */
  readonly #kept = new Map<string, Kept>();
  /** By endpoint, until its sessions that are being closed have signed out: who closes one need not wait for it. */
  readonly #closing = new Map<string, Promise<void>>();

  constructor(options: SessionCacheOptions) {
    this.#options = options;
  }

  /** The context kept for this endpoint on this basis, which the caller then owns, or `null`. */
  async take(endpointId: string, basis: string): Promise<KeptSession | null> {
    const kept = this.#remove(endpointId);
    if (!kept) return null;
    if (kept.basis === basis) return { session: kept.session, loginAttemptId: kept.loginAttemptId };
    await this.#close(endpointId, kept);
    return null;
  }

  /** Resolves once no session of the endpoint is being closed any more: some portals end every session of an account when one of them signs out. */
  async closed(endpointId: string): Promise<void> {
    for (let closing = this.#closing.get(endpointId); closing; closing = this.#closing.get(endpointId)) await closing;
  }

  async keep(endpointId: string, basis: string, { session, loginAttemptId }: KeptSession): Promise<void> {
    if (this.#options.maxSessions === 0) return session.close();
    const before = this.#remove(endpointId);
    const oldest = this.#kept.size >= this.#options.maxSessions ? this.#kept.keys().next().value : undefined;
    const evicted = oldest === undefined ? undefined : this.#remove(oldest);
    // In its place before anything is waited for: another one that came meanwhile would be overwritten, and never closed.
    const timer = setTimeout(() => void this.drop(endpointId).catch(() => undefined), this.#options.idleMs);
    timer.unref();
    this.#kept.set(endpointId, { session, loginAttemptId, basis, timer });
    await Promise.all([before && this.#close(endpointId, before), evicted && this.#close(oldest ?? '', evicted)]);
  }

  /** Closes what is kept for an endpoint: its login was rotated, or its page misbehaved. */
  async drop(endpointId: string): Promise<void> {
    const kept = this.#remove(endpointId);
    if (kept) await this.#close(endpointId, kept);
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#kept.keys()].map((endpointId) => this.drop(endpointId)));
  }

  get size(): number {
    return this.#kept.size;
  }

  #close(endpointId: string, { session }: Kept): Promise<void> {
    const close = session.close();
    const closing = Promise.allSettled([this.#closing.get(endpointId), close]).then(() => {
      if (this.#closing.get(endpointId) === closing) this.#closing.delete(endpointId);
    });
    this.#closing.set(endpointId, closing);
    return close;
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
