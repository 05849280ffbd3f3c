import { type Clock, hasCode, type Metrics, RcmError, type Secret, systemClock, withDeadline } from '@rcm/telemetry';
import type { CredentialPayload } from '../payload.ts';
import type { SecretReference } from '../reference.ts';
import type { TenantReaders } from '../tenancy/tenant-stores.ts';
import { catchUpCache, type CaughtUp, type CurrentVersions } from './catch-up.ts';
import { type CacheEntry, CredentialCache, type HeldEntry, type ReadCredential } from './credential-cache.ts';
import { answerOf, matches, mayKeep } from './held-entry.ts';
import { createReadingMetrics, type ReadingMetrics, type Served } from './reading-metrics.ts';
import { checkedNumbers, type ReadingNumbers } from './reading-numbers.ts';
import { notTheVersion, notYours, REFUSED_BEFORE } from './reading-refusals.ts';
import { readOne } from './read-one.ts';
import { SingleFlight } from './single-flight.ts';
import { StorePlaces } from './store-places.ts';

/** The numbers have defaults, and bounds that are checked at once (`config_invalid`). */
export interface CredentialManagerOptions extends Partial<ReadingNumbers> {
  readonly stores: TenantReaders;
  readonly metrics: Metrics;
  readonly clock?: Clock;
  /** Random number in [0, 1). Default `Math.random`: it spreads expiry and decides nothing secret. */
  readonly random?: () => number;
}

export interface CredentialRequest {
  readonly orgId: string;
  /** Parsed once and kept, it also keeps its place in the cache; parsing it again at each read costs more than the read. */
  readonly reference: SecretReference;
  /** The row's `current_version` as the lease gave it; `null` where it is not known: then any version that is held will do. */
  readonly version: string | null;
  /** Ends this caller's wait; a read that others wait for goes on. */
  readonly signal?: AbortSignal;
}

export interface HeldCredential {
  readonly payload: Secret<CredentialPayload>;
  readonly version: string;
  readonly served: Served;
}

export interface CredentialManager {
  /**
   * The current payload. A held value of another version than asked for is read again, not used, not even while the store is
   * down; what the store then says is taken, also where it is ahead. What a replica says is taken only where it is the version
   * asked for. Fails with `reference_not_yours` before anything is looked up, `secret_missing`, `payload_invalid`,
   * `store_denied`, `store_throttled`, `store_unavailable`, `deadline_exceeded`, `cancelled`.
   */
  get(request: CredentialRequest): Promise<HeldCredential>;
  /** The same for a secret that may not be there, which is no failure: `null`. */
  find(request: CredentialRequest): Promise<HeldCredential | null>;
  /** The next `get` asks the store, unless `version` is what is held already. A read that is under way now is not kept. */
  invalidate(what: { readonly reference: SecretReference; readonly version?: string }): void;
  /** After changes may have been missed: what is held of another version than its row names is not used any more. Fails as `currentVersions` does. */
  catchUp(currentVersions: CurrentVersions, signal: AbortSignal): Promise<CaughtUp>;
}

const STORE_IS_DOWN = ['store_unavailable', 'store_throttled', 'deadline_exceeded'] as const;

/**
 * Lends credentials at the pace of a cache: bounded, jittered, one read under way per reference, batched per tenant, paced per place: a store of one account in one region.
 *
 * @example
 * ```ts
 * const config = z.object(credentialsEnvironment).superRefine(checkStores).parse(process.env);
 * const stores = createTenantReaders(tenantStoresOptions(config));
 * const credentials = createCredentialManager({ stores, metrics: createMetrics() });
 * const reference = parseReference('vault:kv/rcm/prod/hospital-a/endpoints/endpoint-1/account-1');
 * const { payload } = await credentials.get({ orgId: 'hospital-a', reference, version: '7' });
 * ```
 */
export function createCredentialManager(options: CredentialManagerOptions): CredentialManager {
  const credentials = new CachedCredentials(options);
  // A record of functions, like every part that is handed on: whoever takes it may put another function in the place of one.
  return {
    get: (request) => credentials.get(request),
    find: (request) => credentials.find(request),
    invalidate: (what) => credentials.invalidate(what),
    catchUp: (currentVersions, signal) => credentials.catchUp(currentVersions, signal),
  };
}

class CachedCredentials implements CredentialManager {
  readonly #numbers: ReadingNumbers;
  readonly #metrics: ReadingMetrics;
  readonly #cache: CredentialCache;
  readonly #flights = new SingleFlight<ReadCredential>();
  readonly #places: StorePlaces;
  readonly #now: () => number;

  constructor(options: CredentialManagerOptions) {
    const { stores, clock = systemClock, random = Math.random } = options;
    this.#numbers = checkedNumbers(options);
    this.#metrics = createReadingMetrics(options.metrics);
    this.#cache = new CredentialCache({ ...this.#numbers, clock, random });
    this.#places = new StorePlaces({ ...this.#numbers, stores, clock, random, metrics: this.#metrics });
    this.#now = () => clock.elapsed();
  }

  get(request: CredentialRequest): Promise<HeldCredential> {
    return this.#lend(request, (error) => failed(this.#metrics, error));
  }

  find(request: CredentialRequest): Promise<HeldCredential | null> {
    return this.#lend(request, (error) => (hasCode(error, 'secret_missing') ? Promise.resolve(null) : failed(this.#metrics, error)));
  }

  invalidate({ reference, version }: { readonly reference: SecretReference; readonly version?: string }): void {
    const entry = this.#cache.find(reference, this.#now());
    if (entry?.kind === 'held' && entry.version === version) return;
    this.#cache.noteChanged(reference);
    this.#flights.drop(this.#cache.keyOf(reference));
  }

  catchUp(currentVersions: CurrentVersions, signal: AbortSignal): Promise<CaughtUp> {
    // What is being read now may have been read before the change that nobody heard of.
    this.#flights.dropAll();
    return catchUpCache(this.#cache, this.#numbers.catchUpBatch, currentVersions, signal);
  }

  /** `onFailure` also answers for what is another tenant's. */
  #lend<T>(request: CredentialRequest, onFailure: (error: unknown) => Promise<T>): Promise<HeldCredential | T> {
    // Before the cache is looked at: what another tenant's read left there is not this one's either.
    if (request.reference.organizationId !== request.orgId) return onFailure(notYours());
    const time = this.#now();
    const entry = this.#cache.find(request.reference, time);
    if (entry?.kind === 'held' && matches(entry, request) && time < entry.freshUntil) {
      this.#metrics.hit();
      return answerOf(entry);
    }
    return this.#serve(entry, request).catch(onFailure);
  }

  /** Not in the cache, or not to be used as it is there. */
  async #serve(entry: CacheEntry | undefined, request: CredentialRequest): Promise<HeldCredential> {
    this.#refuseAgain(entry, request);
    const stale = this.#staleFor(request);
    if (stale && this.#now() < this.#places.of(request.reference).downUntil) return this.#serveStale(stale);
    this.#countRefresh(entry, request);
    try {
      return await this.#serveFromStore(request, stale ? this.#numbers.refreshWaitMs : this.#numbers.readDeadlineMs);
    } catch (error) {
      const last = hasCode(error, ...STORE_IS_DOWN) ? this.#staleFor(request) : null;
      if (last === null) throw error;
      return this.#serveStale(last);
    }
  }

  /** For a while, what the store has just refused is not asked for again. */
  #refuseAgain(entry: CacheEntry | undefined, { version }: CredentialRequest): void {
    if (entry?.kind === 'refused' && entry.asked === version && this.#now() < entry.until) throw new RcmError(entry.code, REFUSED_BEFORE[entry.code]);
  }

  #countRefresh(entry: CacheEntry | undefined, request: CredentialRequest): void {
    if (entry?.kind === 'changed') this.#metrics.refreshed('changed');
    if (entry?.kind === 'held') this.#metrics.refreshed(matches(entry, request) ? 'expired' : 'version');
  }

  /** Fails with `cancelled` as soon as the caller's signal aborts and with `deadline_exceeded` after `ms`; the read itself goes on. */
  async #serveFromStore(request: CredentialRequest, ms: number): Promise<HeldCredential> {
    const { signal } = request;
    const credential = await withDeadline({ ms, what: 'Waiting for a credential', ...(signal ? { signal } : {}) }, () => this.#readFromStore(request));
    if (credential.from === 'replica' && credential.version !== request.version) throw notTheVersion(request.version);
    this.#metrics.missed(credential.from);
    return { payload: credential.payload, version: credential.version, served: credential.from };
  }

  /** What may be served where no store answers. Asked again after each wait: a change that was heard of meanwhile has ended it. */
  #staleFor(request: CredentialRequest): HeldEntry | null {
    const entry = this.#cache.find(request.reference, this.#now());
    return entry?.kind === 'held' && matches(entry, request) && this.#cache.isUsable(entry) ? entry : null;
  }

  async #serveStale(entry: HeldEntry): Promise<HeldCredential> {
    this.#metrics.stale(Math.max(0, this.#now() - entry.freshUntil));
    return { ...(await answerOf(entry)), served: 'stale' };
  }

  /** A read that others began may have begun before the version we were told of: one more read decides. */
  async #readFromStore(request: CredentialRequest): Promise<ReadCredential> {
    const key = this.#cache.keyOf(request.reference);
    const joined = this.#flights.current(key);
    if (!joined) return this.#startReading(request);
    const credential = await joined;
    if (credential.version === request.version || (request.version === null && credential.from === 'store')) return credential;
    return this.#flights.current(key) ?? this.#startReading(request);
  }

  #startReading({ orgId, reference, version }: CredentialRequest): Promise<ReadCredential> {
    const place = this.#places.of(reference);
    return this.#flights.start(
      this.#cache.keyOf(reference),
      () => withDeadline({ ms: this.#numbers.readDeadlineMs, what: 'Reading a credential' }, (signal) => readOne(place.batcher, orgId, reference, signal)),
      {
        arrived: (credential) => {
          place.downUntil = 0;
          if (!mayKeep(credential, version, this.#cache.find(reference, this.#now()))) return;
          const knownFor = this.#cache.keep(reference, credential);
          if (knownFor !== null) this.#metrics.reloaded(knownFor);
          this.#metrics.held(this.#cache.size);
        },
        failed: (error) => {
          if (hasCode(error, ...STORE_IS_DOWN)) place.downUntil = this.#now() + this.#numbers.downPauseMs;
          else noteRefusal(this.#cache, reference, version, error);
        },
      },
    );
  }
}

function failed(metrics: ReadingMetrics, error: unknown): Promise<never> {
  metrics.failed(error);
  return Promise.reject(error instanceof Error ? error : new Error('A credential read failed without an error.'));
}

/** Any refusal, unlike an outage, says that what is held must not be used any more. */
function noteRefusal(cache: CredentialCache, reference: SecretReference, asked: string | null, error: unknown): void {
  if (hasCode(error, 'secret_missing')) cache.keepRefusal(reference, 'secret_missing', asked);
  else if (hasCode(error, 'store_denied')) cache.keepRefusal(reference, 'store_denied', asked);
  else cache.forget(reference);
}
