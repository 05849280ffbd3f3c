import { type Clock, hasCode, isRcmError, type Metrics, RcmError, type Secret, systemClock, withDeadline } from '@rcm/telemetry';
import { LRUCache } from 'lru-cache';
import { type CredentialPayload, parsePayload } from '../payload.ts';
import { placeKey, type SecretReference } from '../reference.ts';
import type { TenantReaders } from '../tenancy/tenant-stores.ts';
import { catchUpCache, type CaughtUp, type CurrentVersions } from './catch-up.ts';
import { type CachedCredential, type CacheEntry, CredentialCache, type HeldEntry, type ReadCredential } from './credential-cache.ts';
import { ReadBatcher } from './read-batcher.ts';
import { createReadingMetrics, type ReadingMetrics, type Served } from './reading-metrics.ts';
import { checkedNumbers, type ReadingNumbers } from './reading-numbers.ts';
import { notTheVersion, notYours, REFUSED_BEFORE } from './reading-refusals.ts';
import { SingleFlight } from './single-flight.ts';
import { timeOfDay } from './time-of-day.ts';

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

/** More than any deployment has: a row may name any, and none that is not the deployment's is asked. */
const MOST_PLACES = 1_000;
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
  const { stores, clock = systemClock, random = Math.random } = options;
  const numbers = checkedNumbers(options);
  const metrics = createReadingMetrics(options.metrics);
  const cache = new CredentialCache({ ...numbers, clock, random });
  const flights = new SingleFlight<ReadCredential>();
  const places = new LRUCache<string, StorePlace>({ max: MOST_PLACES });
  const now = timeOfDay(clock);

  const placeOf = (reference: SecretReference): StorePlace => {
    const { store } = reference;
    const key = placeKey(reference);
    const callsPerSecond = store === 'ssm' ? numbers.ssmCallsPerSecond : numbers.otherCallsPerSecond;
    const place = places.get(key) ?? { batcher: new ReadBatcher({ ...numbers, store, callsPerSecond, stores, clock, random, metrics }), downUntil: 0 };
    places.set(key, place);
    return place;
  };

  const startReading = ({ orgId, reference, version }: CredentialRequest): Promise<ReadCredential> => {
    const place = placeOf(reference);
    return flights.start(
      cache.keyOf(reference),
      () => withDeadline({ ms: numbers.readDeadlineMs, what: 'Reading a credential' }, (signal) => readOne(place.batcher, orgId, reference, signal)),
      {
        arrived(credential) {
          place.downUntil = 0;
          if (!mayKeep(credential, version, cache.find(reference, now()))) return;
          const knownFor = cache.keep(reference, credential);
          if (knownFor !== null) metrics.reloaded(knownFor);
          metrics.held(cache.size);
        },
        failed(error) {
          if (hasCode(error, ...STORE_IS_DOWN)) place.downUntil = now() + numbers.downPauseMs;
          else noteRefusal(cache, reference, version, error);
        },
      },
    );
  };

  /** A read that others began may have begun before the version we were told of: one more read decides. */
  const readFromStore = async (request: CredentialRequest): Promise<ReadCredential> => {
    const key = cache.keyOf(request.reference);
    const joined = flights.current(key);
    if (!joined) return startReading(request);
    const credential = await joined;
    if (credential.version === request.version || (request.version === null && credential.from === 'store')) return credential;
    return flights.current(key) ?? startReading(request);
  };

  /** What may be served where no store answers. Asked again after each wait: a change that was heard of meanwhile has ended it. */
  const staleFor = (request: CredentialRequest): HeldEntry | null => {
    const entry = cache.find(request.reference, now());
    return entry?.kind === 'held' && matches(entry, request) && cache.isUsable(entry) ? entry : null;
  };
  const serveStale = async (entry: HeldEntry): Promise<HeldCredential> => {
    metrics.stale(Math.max(0, now() - entry.freshUntil));
    return { ...(await answerOf(entry)), served: 'stale' };
  };
  /** Not in the cache, or not to be used as it is there. */
  const serve = async (entry: CacheEntry | undefined, request: CredentialRequest): Promise<HeldCredential> => {
    if (entry?.kind === 'refused' && entry.asked === request.version && now() < entry.until) throw new RcmError(entry.code, REFUSED_BEFORE[entry.code]);
    const stale = staleFor(request);
    if (stale && now() < placeOf(request.reference).downUntil) return serveStale(stale);
    if (entry?.kind === 'changed') metrics.refreshed('changed');
    if (entry?.kind === 'held') metrics.refreshed(matches(entry, request) ? 'expired' : 'version');
    try {
      const credential = await waitFor(() => readFromStore(request), stale ? numbers.refreshWaitMs : numbers.readDeadlineMs, request.signal);
      if (credential.from === 'replica' && credential.version !== request.version) throw notTheVersion(request.version);
      metrics.missed(credential.from);
      return { payload: credential.payload, version: credential.version, served: credential.from };
    } catch (error) {
      const last = hasCode(error, ...STORE_IS_DOWN) ? staleFor(request) : null;
      if (last === null) throw error;
      return serveStale(last);
    }
  };

  /** `onFailure` also answers for what is another tenant's. */
  const lend = <T>(request: CredentialRequest, onFailure: (error: unknown) => Promise<T>): Promise<HeldCredential | T> => {
    // Before the cache is looked at: what another tenant's read left there is not this one's either.
    if (request.reference.organizationId !== request.orgId) return onFailure(notYours());
    const time = now();
    const entry = cache.find(request.reference, time);
    if (entry?.kind === 'held' && matches(entry, request) && time < entry.freshUntil) {
      metrics.hit();
      return answerOf(entry);
    }
    return serve(entry, request).catch(onFailure);
  };

  return {
    get: (request) => lend(request, (error) => failed(metrics, error)),
    find: (request) => lend(request, (error) => (hasCode(error, 'secret_missing') ? Promise.resolve(null) : failed(metrics, error))),
    invalidate({ reference, version }) {
      const entry = cache.find(reference, now());
      if (entry?.kind === 'held' && entry.version === version) return;
      cache.noteChanged(reference);
      flights.drop(cache.keyOf(reference));
    },
    catchUp(currentVersions, signal) {
      // What is being read now may have been read before the change that nobody heard of.
      flights.dropAll();
      return catchUpCache(cache, numbers.catchUpBatch, currentVersions, signal);
    },
  };
}

/** What is known of one place. */
interface StorePlace {
  readonly batcher: ReadBatcher;
  /** Until then it counts as down: a caller with a usable value need not wait for a call to fail again. */
  downUntil: number;
}

const matches = (entry: HeldEntry, { version }: CredentialRequest): boolean => (version === null ? !entry.fromReplica : entry.version === version);

/** A copy of another version than asked for is worth less than what the store itself gave, or than knowing that it has changed. */
const mayKeep = (read: ReadCredential, asked: string | null, entry: CacheEntry | undefined): boolean =>
  read.from === 'store' || read.version === asked || entry === undefined || (entry.kind === 'held' && entry.fromReplica);

/** An entry that was found is in the cache, and one in the cache has its answer. */
function answerOf({ answer }: HeldEntry): Promise<CachedCredential> {
  return answer ?? Promise.reject(new RcmError('store_unavailable', 'The credential has just left the cache; ask again.'));
}

async function readOne(batcher: ReadBatcher, orgId: string, reference: SecretReference, signal: AbortSignal): Promise<ReadCredential> {
  const stored = await batcher.read(orgId, reference, signal);
  if (stored === null) throw new RcmError('secret_missing', 'The secret is not in its store.');
  if (isRcmError(stored)) throw stored;
  return { payload: parsePayload(stored.text), version: stored.version, from: stored.from ?? 'store' };
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

/** Fails with `cancelled` as soon as the signal aborts and with `deadline_exceeded` after `ms`; the read itself goes on. */
function waitFor<T>(read: () => Promise<T>, ms: number, signal: AbortSignal | undefined): Promise<T> {
  return withDeadline({ ms, what: 'Waiting for a credential', ...(signal ? { signal } : {}) }, read);
}
