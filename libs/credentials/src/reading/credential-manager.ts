import { type Clock, hasCode, isRcmError, type Metrics, RcmError, type Secret, systemClock } from '@rcm/telemetry';
import { type CredentialPayload, parsePayload } from '../payload.ts';
import { referenceKey, type SecretReference } from '../reference.ts';
import type { TenantReaders } from '../tenancy/tenant-stores.ts';
import { type CachedCredential, CredentialCache } from './credential-cache.ts';
import { ReadBatcher } from './read-batcher.ts';
import { createReadingMetrics, type ReadingMetrics, type Served } from './reading-metrics.ts';
import { SingleFlight } from './single-flight.ts';

export interface CredentialManagerOptions {
  readonly stores: TenantReaders;
  readonly metrics: Metrics;
  /** Credentials held. Default 10 000. */
  readonly maxEntries?: number;
  /** How long a value is used without asking the store, in ms. Default 600 000 (10 minutes). */
  readonly ttlMs?: number;
  /** Up to this part of the TTL is taken off at random. Default 0.1. */
  readonly ttlJitter?: number;
  /** How long beyond its TTL a value is served while the store is down, in ms. Default 3 600 000 (1 hour). */
  readonly staleMs?: number;
  /** How long after a failure what is beyond its TTL is served without asking first, in ms. Default 5000. */
  readonly downPauseMs?: number;
  /** How long a missing secret is remembered, in ms. Default 5000. */
  readonly missingMs?: number;
  /** Calls to the store under way at once. Default 16. */
  readonly maxParallel?: number;
  /** Reads that may wait for a call; one more fails with `store_throttled`. Default 10 000. */
  readonly maxWaiting?: number;
  readonly clock?: Clock;
  /** Random number in [0, 1). Default `Math.random`: it spreads expiry and decides nothing secret. */
  readonly random?: () => number;
}

export interface CredentialRequest {
  readonly orgId: string;
  readonly reference: SecretReference;
  /** The row's `current_version` as the lease gave it; `null` where it is not known: then any version that is held will do. */
  readonly version: string | null;
  /** Ends this caller's wait; a read that others wait for goes on. */
  readonly signal?: AbortSignal;
}

export interface HeldCredential {
  readonly payload: Secret<CredentialPayload>;
  readonly version: string;
  /** `stale`: the store is down and this is what was read last. */
  readonly served: Served;
}

export interface CredentialManager {
  /**
   * The current payload. A held value of another version than asked for is read again, not used, not even while the store is
   * down; what the store then says is taken, also where it is ahead. Fails with `reference_not_yours` before anything is looked
   * up, `secret_missing`, `payload_invalid`, `store_denied`, `store_throttled`, `store_unavailable`, `deadline_exceeded`, `cancelled`.
   */
  get(request: CredentialRequest): Promise<HeldCredential>;
  /** The next `get` asks the store. A read that is under way now is not kept. */
  invalidate(what: { readonly reference: SecretReference }): void;
}

const STORE_IS_DOWN = ['store_unavailable', 'store_throttled', 'deadline_exceeded'] as const;

/** Lends credentials at the pace of a cache: bounded, jittered, one read under way per reference, batched per tenant. */
export function createCredentialManager(options: CredentialManagerOptions): CredentialManager {
  const { stores, maxParallel = 16, maxWaiting = 10_000, downPauseMs = 5_000, clock = systemClock, random = Math.random } = options;
  const { maxEntries = 10_000, ttlMs = 600_000, ttlJitter = 0.1, staleMs = 3_600_000, missingMs = 5_000 } = options;
  const metrics = createReadingMetrics(options.metrics);
  const cache = new CredentialCache({ maxEntries, ttlMs, ttlJitter, staleMs, missingMs, clock, random });
  const batcher = new ReadBatcher({ stores, maxParallel, maxWaiting, onBatch: metrics.batch });
  const flights = new SingleFlight<CachedCredential>();
  /** Until then the store counts as down: a caller with a usable value need not wait for a call to fail again. */
  let downUntil = 0;

  const startReading = (key: string, { orgId, reference, version }: CredentialRequest): Promise<CachedCredential> =>
    flights.start(key, () => readOne(batcher, orgId, reference), {
      arrived: (credential) => {
        downUntil = 0;
        cache.keep(key, credential);
      },
      failed: (error) => {
        if (hasCode(error, ...STORE_IS_DOWN)) downUntil = clock.now().getTime() + downPauseMs;
        else noteRefusal(cache, key, version, error);
      },
    });

  /** A read that others began may have begun before the version we were told of: one more read decides. */
  const readFromStore = async (key: string, request: CredentialRequest): Promise<CachedCredential> => {
    const joined = flights.current(key);
    if (!joined) return startReading(key, request);
    const credential = await joined;
    if (request.version === null || credential.version === request.version) return credential;
    return flights.current(key) ?? startReading(key, request);
  };

  const serve = async (request: CredentialRequest): Promise<HeldCredential> => {
    const key = referenceKey(request.reference);
    const held = cache.held(key);
    const matches = held !== null && (request.version === null || held.credential.version === request.version);
    if (held?.fresh && matches) return { ...held.credential, served: 'cache' };
    if (cache.isKnownMissing(key, request.version)) throw new RcmError('secret_missing', 'The secret was not in its store a moment ago.');
    const stale = matches ? cache.usable(key) : null;
    if (stale && clock.now().getTime() < downUntil) return { ...stale, served: 'stale' };
    if (held) metrics.refreshed(matches ? 'expired' : 'version');
    try {
      return { ...(await waitFor(readFromStore(key, request), request.signal)), served: 'store' };
    } catch (error) {
      if (stale === null || !hasCode(error, ...STORE_IS_DOWN)) throw error;
      return { ...stale, served: 'stale' };
    }
  };

  return {
    get: (request) => counted(metrics, request, serve),
    invalidate({ reference }) {
      const key = referenceKey(reference);
      cache.forget(key);
      flights.drop(key);
    },
  };
}

async function readOne(batcher: ReadBatcher, orgId: string, reference: SecretReference): Promise<CachedCredential> {
  const stored = await batcher.read(orgId, reference);
  if (stored === null) throw new RcmError('secret_missing', 'The secret is not in its store.');
  if (isRcmError(stored)) throw stored;
  return { payload: parsePayload(stored.text), version: stored.version };
}

async function counted(
  metrics: ReadingMetrics,
  request: CredentialRequest,
  serve: (request: CredentialRequest) => Promise<HeldCredential>,
): Promise<HeldCredential> {
  try {
    // Before the cache is looked at: what another tenant's read left there is not this one's either.
    if (request.reference.organizationId !== request.orgId) throw new RcmError('reference_not_yours', "The secret reference is not the asking organization's.");
    const held = await serve(request);
    metrics.served(held.served);
    return held;
  } catch (error) {
    metrics.failed(error);
    throw error;
  }
}

/** Any refusal, unlike an outage, says that what is held must not be used any more. */
function noteRefusal(cache: CredentialCache, key: string, asked: string | null, error: unknown): void {
  if (hasCode(error, 'secret_missing')) cache.keepMissing(key, asked);
  else cache.forget(key);
}

/** Fails with `cancelled` as soon as the signal aborts; the promise itself goes on. */
async function waitFor<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(new RcmError('cancelled', 'The wait for a credential was cancelled.'));
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
