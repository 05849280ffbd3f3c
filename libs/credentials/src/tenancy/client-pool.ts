import { LRUCache } from 'lru-cache';

/** What a tenant's clients hold open. */
export interface Closable {
  close(): void;
}

interface Held<C> {
  readonly clients: C;
  users: number;
  evicted: boolean;
}

/** Clients per tenant, bounded. A tenant that falls out while calls are under way is closed after the last of them. */
export class ClientPool<C extends Closable> {
  readonly #tenants: LRUCache<string, Held<C>>;
  readonly #create: (tenant: string) => C;

  constructor(max: number, create: (tenant: string) => C) {
    this.#create = create;
    this.#tenants = new LRUCache<string, Held<C>>({
      max,
      dispose: (held) => {
        held.evicted = true;
        closeIfUnused(held);
      },
    });
  }

  async use<T>(tenant: string, act: (clients: C) => Promise<T>): Promise<T> {
    const held = this.#held(tenant);
    held.users += 1;
    try {
      return await act(held.clients);
    } finally {
      held.users -= 1;
      closeIfUnused(held);
    }
  }

  /** Calls under way end first; each has a deadline of its own. */
  close(): Promise<void> {
    this.#tenants.clear();
    return Promise.resolve();
  }

  #held(tenant: string): Held<C> {
    const known = this.#tenants.get(tenant);
    if (known) return known;
    const held = { clients: this.#create(tenant), users: 0, evicted: false };
    this.#tenants.set(tenant, held);
    return held;
  }
}

function closeIfUnused<C extends Closable>(held: Held<C>): void {
  if (held.evicted && held.users === 0) held.clients.close();
}
