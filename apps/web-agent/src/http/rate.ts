/** How many tenants are remembered. A forgotten one starts with a full allowance. */
const MOST_TENANTS = 10_000;

interface Allowance {
  readonly left: number;
  readonly at: number;
}

export interface RateOptions {
  /** Requests a minute that a tenant may make for long; as many at once after a pause of a minute. */
  readonly perMinute: number;
  /** Milliseconds that only grow. Default: this process's monotonic clock. */
  readonly now?: () => number;
}

/**
 * A token bucket per tenant, so that one tenant's loop cannot take the API from the others. It counts in this process only: with N
 * web-agents behind one address a tenant has up to N times as much. The allowances are bounded: the longest unused is forgotten.
 */
export class TenantRate {
  readonly #perMinute: number;
  readonly #now: () => number;
  readonly #allowances = new Map<string, Allowance>();

  constructor({ perMinute, now = () => performance.now() }: RateOptions) {
    this.#perMinute = perMinute;
    this.#now = now;
  }

  /** Takes one request from the allowance. Returns 0, or after how many whole seconds to ask again. */
  take(tenant: string): number {
    const now = this.#now();
    const known = this.#allowances.get(tenant) ?? { left: this.#perMinute, at: now };
    const left = Math.min(this.#perMinute, known.left + ((now - known.at) * this.#perMinute) / 60_000);
    const granted = left >= 1;
    // Put last: the map's order is the order of use.
    this.#allowances.delete(tenant);
    this.#allowances.set(tenant, { left: granted ? left - 1 : left, at: now });
    const oldest = this.#allowances.size > MOST_TENANTS ? this.#allowances.keys().next().value : undefined;
    if (oldest !== undefined) this.#allowances.delete(oldest);
    return granted ? 0 : Math.ceil(((1 - left) * 60) / this.#perMinute);
  }

  get size(): number {
    return this.#allowances.size;
  }
}
