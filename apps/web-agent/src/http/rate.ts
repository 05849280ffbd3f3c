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

/** What became of one request, and what is left; times in whole seconds. */
export interface Taken {
  /** 0: granted. Else after how long to ask again. */
  readonly waitSeconds: number;
  /** Requests that may be made at once now. */
  readonly left: number;
  /** Until the whole allowance is there again. */
  readonly wholeInSeconds: number;
  readonly perMinute: number;
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

  /** Takes one request from the allowance. */
  take(tenant: string): Taken {
    const now = this.#now();
    const known = this.#allowances.get(tenant) ?? { left: this.#perMinute, at: now };
    const left = Math.min(this.#perMinute, known.left + ((now - known.at) * this.#perMinute) / 60_000);
    const granted = left >= 1;
    // Put last: the map's order is the order of use.
    this.#allowances.delete(tenant);
    this.#allowances.set(tenant, { left: granted ? left - 1 : left, at: now });
    const oldest = this.#allowances.size > MOST_TENANTS ? this.#allowances.keys().next().value : undefined;
    if (oldest !== undefined) this.#allowances.delete(oldest);
    const after = granted ? left - 1 : left;
    return {
      waitSeconds: granted ? 0 : Math.ceil(((1 - left) * 60) / this.#perMinute),
      left: Math.floor(after),
      wholeInSeconds: Math.ceil(((this.#perMinute - after) * 60) / this.#perMinute),
      perMinute: this.#perMinute,
    };
  }

  get size(): number {
    return this.#allowances.size;
  }
}
