import type { Clock, Secret } from '@rcm/telemetry';
import { LRUCache } from 'lru-cache';
import type { CredentialPayload } from '../payload.ts';
import type { SecretReference } from '../reference.ts';
import type { ReadingNumbers } from './reading-numbers.ts';

export interface CacheOptions extends Pick<ReadingNumbers, 'maxEntries' | 'ttlMs' | 'ttlJitter' | 'staleMs' | 'missingMs'> {
  readonly clock: Clock;
  /** Random number in [0, 1). */
  readonly random: () => number;
}

export interface ReadCredential {
  readonly payload: Secret<CredentialPayload>;
  readonly version: string;
  /** `replica`: nobody knows whether the version is current, so it serves only who asks for exactly this one. */
  readonly from: 'store' | 'replica';
}

export interface CachedCredential {
  readonly payload: Secret<CredentialPayload>;
  readonly version: string;
  readonly served: 'cache';
}

export interface HeldEntry {
  readonly kind: 'held';
  readonly reference: SecretReference;
  readonly credential: CachedCredential;
  /** What `get` returns at a hit: made once, so that a hit makes nothing. */
  readonly answer: Promise<CachedCredential>;
  readonly fromReplica: boolean;
  /** Used without asking until then. */
  readonly freshUntil: number;
}

export type CacheEntry =
  | HeldEntry
  /** `asked`: the version that was asked for when it was missing; a row that names another one is reason to look again. */
  | { readonly kind: 'missing'; readonly asked: string | null; readonly until: number }
  /** A change was heard of, and the new value was not asked for yet. */
  | { readonly kind: 'changed'; readonly since: number };

/** What was read, until when it may be used, and what was looked for in vain. Bounded; the longest unused goes first. */
export class CredentialCache {
  readonly #entries: LRUCache<string, CacheEntry>;
  readonly #options: CacheOptions;

  constructor(options: CacheOptions) {
    this.#options = options;
    this.#entries = new LRUCache({ max: options.maxEntries });
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): CacheEntry | undefined {
    return this.#entries.get(key);
  }

  /** Whether it may still be served while the store is down: at most `staleMs` beyond its TTL. */
  isUsable(entry: HeldEntry): boolean {
    return this.#now() < entry.freshUntil + this.#options.staleMs;
  }

  /** Returns for how long, in ms, a change had been known that this value answers; `null` where there was none. */
  keep(key: string, reference: SecretReference, { payload, version, from }: ReadCredential): number | null {
    const { ttlMs, ttlJitter, random } = this.#options;
    const now = this.#now();
    const before = this.#entries.peek(key);
    const credential: CachedCredential = { payload, version, served: 'cache' };
    const freshUntil = now + ttlMs * (1 - ttlJitter * random());
    this.#entries.set(key, { kind: 'held', reference, credential, answer: Promise.resolve(credential), fromReplica: from === 'replica', freshUntil });
    return before?.kind === 'changed' ? now - before.since : null;
  }

  keepMissing(key: string, asked: string | null): void {
    this.#entries.set(key, { kind: 'missing', asked, until: this.#now() + this.#options.missingMs });
  }

  /** A held value must not be used any more; what is not held stays not held. */
  noteChanged(key: string): void {
    const entry = this.#entries.peek(key);
    if (entry?.kind === 'held') this.#entries.set(key, { kind: 'changed', since: this.#now() });
    else if (entry?.kind === 'missing') this.#entries.delete(key);
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }

  /** What is held now; a copy, so the cache may change meanwhile. */
  held(): (readonly [key: string, entry: HeldEntry])[] {
    return [...this.#entries.entries()].filter((pair): pair is [string, HeldEntry] => pair[1].kind === 'held');
  }

  #now(): number {
    return this.#options.clock.now().getTime();
  }
}
