import type { Clock, Secret } from '@rcm/telemetry';
import { LRUCache } from 'lru-cache';
import type { CredentialPayload } from '../payload.ts';
import { referenceKey, type SecretReference } from '../reference.ts';
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
  readonly version: string;
  readonly fromReplica: boolean;
  /** Used without asking until then. */
  readonly freshUntil: number;
  /** What a hit is answered with: made once, so that a hit makes nothing. `null` once the entry has left the cache. */
  answer: Promise<CachedCredential> | null;
  /** When it was last put in front of those that have to go. */
  touchedAt: number;
}

/** What a store says of one secret and will say again a moment later. */
export type RefusalCode = 'secret_missing' | 'store_denied';

export type CacheEntry =
  | HeldEntry
  /** `asked`: the version that was asked for then; a row that names another one is reason to look again. */
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly asked: string | null; readonly until: number }
  /** A change was heard of, and the new value was not asked for yet. */
  | { readonly kind: 'changed'; readonly since: number };

/** Where a frozen reference's entry is: a shortcut past the key, which is most of what a hit costs. */
interface Place {
  readonly key: string;
  entry: HeldEntry | null;
}

/** Which of two was used last is known to within a second; knowing it better would cost more than the rest of a hit. */
const TOUCH_MS = 1_000;

/** What was read, until when it may be used, and what was asked for in vain. Bounded; the longest unused goes first. */
export class CredentialCache {
  readonly #entries: LRUCache<string, CacheEntry>;
  readonly #places = new WeakMap<SecretReference, Place>();
  readonly #options: CacheOptions;
  readonly #now: () => number;

  constructor(options: CacheOptions) {
    this.#options = options;
    this.#now = () => options.clock.elapsed();
    // A caller may keep its reference for ever; what has left the cache must not live on behind it.
    const leave = (entry: CacheEntry) => {
      if (entry.kind === 'held') entry.answer = null;
    };
    this.#entries = new LRUCache({ max: options.maxEntries, dispose: leave });
  }

  get size(): number {
    return this.#entries.size;
  }

  keyOf(reference: SecretReference): string {
    return this.#placeOf(reference).key;
  }

  find(reference: SecretReference, now: number): CacheEntry | undefined {
    const place = this.#placeOf(reference);
    const known = place.entry;
    if (known?.answer && now - known.touchedAt < TOUCH_MS) return known;
    const entry = this.#entries.get(place.key);
    place.entry = entry?.kind === 'held' ? entry : null;
    if (place.entry) place.entry.touchedAt = now;
    return entry;
  }

  /** Whether it may still be served while the store is down: at most `staleMs` beyond its TTL. */
  isUsable(entry: HeldEntry): boolean {
    return this.#now() < entry.freshUntil + this.#options.staleMs;
  }

  /** Returns for how long, in ms, a change had been known that this value answers; `null` where there was none. */
  keep(reference: SecretReference, { payload, version, from }: ReadCredential): number | null {
    const { ttlMs, ttlJitter, random } = this.#options;
    const key = this.keyOf(reference);
    const [now, before] = [this.#now(), this.#entries.peek(key)];
    const answer = Promise.resolve<CachedCredential>({ payload, version, served: 'cache' });
    const freshUntil = now + ttlMs * (1 - ttlJitter * random());
    this.#entries.set(key, { kind: 'held', reference, version, fromReplica: from === 'replica', freshUntil, answer, touchedAt: now });
    return before?.kind === 'changed' ? now - before.since : null;
  }

  keepRefusal(reference: SecretReference, code: RefusalCode, asked: string | null): void {
    this.#entries.set(this.keyOf(reference), { kind: 'refused', code, asked, until: this.#now() + this.#options.missingMs });
  }

  /** A held value must not be used any more; what is not held stays not held. */
  noteChanged(reference: SecretReference): void {
    const key = this.keyOf(reference);
    const entry = this.#entries.peek(key);
    if (entry?.kind === 'held') this.#entries.set(key, { kind: 'changed', since: this.#now() });
    else if (entry?.kind === 'refused') this.#entries.delete(key);
  }

  forget(reference: SecretReference): void {
    this.#entries.delete(this.keyOf(reference));
  }

  /** What is held now; a copy, so the cache may change meanwhile. */
  held(): HeldEntry[] {
    return [...this.#entries.values()].filter((entry) => entry.kind === 'held');
  }

  #placeOf(reference: SecretReference): Place {
    const known = this.#places.get(reference);
    if (known) return known;
    const place = { key: referenceKey(reference), entry: null };
    // An object that can be changed may name another secret at the next read, another tenant's even.
    if (Object.isFrozen(reference)) this.#places.set(reference, place);
    return place;
  }
}
