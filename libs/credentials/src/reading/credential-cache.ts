import type { Clock, Secret } from '@rcm/telemetry';
import { LRUCache } from 'lru-cache';
import type { CredentialPayload } from '../payload.ts';

export interface CacheOptions {
  /** Credentials and missing marks held. */
  readonly maxEntries: number;
  /** How long a value is used without asking, in ms. */
  readonly ttlMs: number;
  /** Up to this part of the TTL is taken off at random, so that what was read together does not expire together. */
  readonly ttlJitter: number;
  /** How long beyond that a value may be served while the store is down, in ms. */
  readonly staleMs: number;
  /** How long a missing secret is remembered, in ms. */
  readonly missingMs: number;
  readonly clock: Clock;
  /** Random number in [0, 1). */
  readonly random: () => number;
}

export interface CachedCredential {
  readonly payload: Secret<CredentialPayload>;
  readonly version: string;
}

type Entry =
  | { readonly kind: 'held'; readonly credential: CachedCredential; readonly freshUntil: number; readonly usableUntil: number }
  /** `asked`: the version that was asked for when it was missing; a row that names another one is reason to look again. */
  | { readonly kind: 'missing'; readonly asked: string | null; readonly until: number };

/** What was read, until when it may be used, and what was looked for in vain. Bounded; the longest unused goes first. */
export class CredentialCache {
  readonly #entries: LRUCache<string, Entry>;
  readonly #options: CacheOptions;

  constructor(options: CacheOptions) {
    this.#options = options;
    this.#entries = new LRUCache({ max: options.maxEntries });
  }

  /** What is held, and whether it may be used without asking the store. `null`: nothing. */
  held(key: string): { readonly credential: CachedCredential; readonly fresh: boolean } | null {
    const entry = this.#entries.get(key);
    return entry?.kind === 'held' ? { credential: entry.credential, fresh: this.#now() < entry.freshUntil } : null;
  }

  /** What may be served while the store is down: at most `staleMs` beyond its TTL. */
  usable(key: string): CachedCredential | null {
    const entry = this.#entries.get(key);
    return entry?.kind === 'held' && this.#now() < entry.usableUntil ? entry.credential : null;
  }

  isKnownMissing(key: string, asked: string | null): boolean {
    const entry = this.#entries.get(key);
    return entry?.kind === 'missing' && entry.asked === asked && this.#now() < entry.until;
  }

  keep(key: string, credential: CachedCredential): void {
    const { ttlMs, ttlJitter, staleMs, random } = this.#options;
    const freshUntil = this.#now() + ttlMs * (1 - ttlJitter * random());
    this.#entries.set(key, { kind: 'held', credential, freshUntil, usableUntil: freshUntil + staleMs });
  }

  keepMissing(key: string, asked: string | null): void {
    this.#entries.set(key, { kind: 'missing', asked, until: this.#now() + this.#options.missingMs });
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }

  #now(): number {
    return this.#options.clock.now().getTime();
  }
}
