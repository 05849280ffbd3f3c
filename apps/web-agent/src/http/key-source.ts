import { RcmError } from '@rcm/telemetry';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { boundedFetch } from './bounded-fetch.ts';

export interface KeySourceOptions {
  readonly url: string;
  /** For one fetch, in ms. */
  readonly timeoutMs: number;
  /** Keys are fetched again after this, in ms. */
  readonly maxAgeMs: number;
  /** Least time between two fetches that tokens with unknown keys cause, and after one that failed, in ms. */
  readonly cooldownMs: number;
  /** Milliseconds that only grow. Default: this process's monotonic clock. */
  readonly now?: (() => number) | undefined;
}

/** How long keys are good beyond their age while they cannot be fetched again, in ms: no longer than a key that was withdrawn may count. */
const GRACE_MS = 3_600_000;
/** After a fetch that failed while there are no keys at all, in ms: nobody can be let in, so the next look is soon. */
const RETRY_MS = 1_000;

/**
 * The issuer's keys (RFC 7517), fetched when they are needed and kept. Whoever asks with whatever key id, there is one fetch at a time and
 * none in the cooldown, also while the address does not answer. Fails with `identity_unavailable` where nothing is known about a key.
 */
export function createKeySource({ url, timeoutMs, maxAgeMs, cooldownMs, now = () => performance.now() }: KeySourceOptions): JWTVerifyGetKey {
  let keys: ReturnType<typeof createLocalJWKSet> | null = null;
  let readAt = -Infinity;
  let failure: { readonly at: number; readonly cause: unknown } | null = null;
  let reading: Promise<void> | null = null;

  async function read(): Promise<void> {
    try {
      keys = createLocalJWKSet(await fetchKeys(url, timeoutMs));
      readAt = now();
      failure = null;
    } catch (cause) {
      failure = { at: now(), cause };
    }
  }

  async function refresh(): Promise<void> {
    const pauseMs = keys === null ? Math.min(RETRY_MS, cooldownMs) : cooldownMs;
    if (failure !== null && now() - failure.at < pauseMs) return;
    await (reading ??= read().finally(() => (reading = null)));
  }

  const unavailable = (): RcmError =>
    new RcmError('identity_unavailable', 'The keys of the token issuer could not be read.', failure === null ? {} : { cause: failure.cause });

  return async (header, token) => {
    if (now() - readAt >= maxAgeMs) await refresh();
    for (let again = false; ; again = true) {
      if (keys === null || now() - readAt >= maxAgeMs + GRACE_MS) throw unavailable();
      try {
        return await keys(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        if (!again && now() - readAt >= cooldownMs) await refresh();
        // The key may be one that could not be fetched: nothing is known about this token.
        else if (failure !== null) throw unavailable();
        else throw error;
      }
    }
  };
}

async function fetchKeys(url: string, timeoutMs: number): Promise<JSONWebKeySet> {
  const response = await boundedFetch(url, {
    method: 'GET',
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
    headers: new Headers({ accept: 'application/json, application/jwk-set+json' }),
  });
  if (response.status !== 200) throw new RcmError('identity_unavailable', `The address of the keys answered with status ${response.status}.`);
  return (await response.json()) as JSONWebKeySet;
}
