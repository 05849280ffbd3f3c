import type { KeyObject } from 'node:crypto';

export interface KeyCacheLimits {
  /** Keys held at once; the one longest unused goes first. */
  readonly mostKeys: number;
  /** How long a key is held before its wrapping is asked again, in ms: so long whoever lost the right to it can go on. */
  readonly longestMs: number;
  /** Values that one process seals under one key. */
  readonly mostUses: number;
  /** Milliseconds that only grow. */
  readonly now: () => number;
}

/**
 * As many keys as the largest fleet has organizations: they take turns, so that of fewer each would be gone when its turn comes, and its wrapping asked for every task.
 * 4,096 processes and restarts a day, each with so many uses, stay within the 2^32 random nonces that a key may see.
 */
const LIMITS: KeyCacheLimits = { mostKeys: 10_000, longestMs: 15 * 60_000, mostUses: 2 ** 20, now: () => performance.now() };

export interface HeldKey {
  readonly id: string;
  readonly orgId: string;
  readonly key: KeyObject;
  readonly heldSince: number;
  readonly sealsUntil: number;
  uses: number;
}

/** Data keys in this process's memory: bounded in number, age and uses. */
export class KeyCache {
  readonly #limits: KeyCacheLimits;
  /** In order of use. */
  readonly #keys = new Map<string, HeldKey>();
  readonly #current = new Map<string, string>();

  constructor(limits: Partial<KeyCacheLimits>) {
    this.#limits = { ...LIMITS, ...limits };
  }

  get size(): number {
    return this.#keys.size;
  }

  /** `current`: whether new values are sealed under it from now on. */
  add(
    orgId: string,
    { id, key, leftMs, current }: { readonly id: string; readonly key: KeyObject; readonly leftMs: number; readonly current: boolean },
  ): HeldKey {
    const now = this.#limits.now();
    const held: HeldKey = { id, orgId, key, heldSince: now, sealsUntil: now + leftMs, uses: this.#keys.get(id)?.uses ?? 0 };
    this.#keys.delete(id);
    this.#keys.set(id, held);
    if (current) this.#current.set(orgId, id);
    for (const [oldest] of this.#keys) {
      if (this.#keys.size <= this.#limits.mostKeys) break;
      this.forget(oldest);
    }
    return held;
  }

  /** A key that a new value of the organization may be sealed under. */
  toSeal(orgId: string): HeldKey | null {
    const id = this.#current.get(orgId);
    const held = id === undefined ? null : this.toOpen(orgId, id);
    return held && held.uses < this.#limits.mostUses && this.#limits.now() < held.sealsUntil ? held : null;
  }

  toOpen(orgId: string, id: string): HeldKey | null {
    const held = this.#keys.get(id);
    // An id is told to nobody but its organization, and is looked at all the same.
    if (!held || held.orgId !== orgId || this.#limits.now() - held.heldSince >= this.#limits.longestMs) return null;
    this.#keys.delete(id);
    this.#keys.set(id, held);
    return held;
  }

  /** The organization's key that has sealed all that it may here. */
  spent(orgId: string): string | null {
    const held = this.#keys.get(this.#current.get(orgId) ?? '');
    return held && held.uses >= this.#limits.mostUses ? held.id : null;
  }

  forget(id: string): void {
    const held = this.#keys.get(id);
    this.#keys.delete(id);
    if (held && this.#current.get(held.orgId) === id) this.#current.delete(held.orgId);
  }
}
