import { z } from 'zod';
import { READING_BOUNDS, type ReadingNumbers } from './reading-numbers.ts';

const number = (name: keyof ReadingNumbers) => {
  const { fallback, least, most } = READING_BOUNDS[name];
  const bounded = z.coerce.number().min(least).max(most).default(fallback);
  return name === 'ttlJitter' ? bounded : bounded.refine(Number.isInteger, 'must be a whole number');
};

/** The numbers of `ReadingNumbers` as an operator sets them; a zod raw shape to spread into an app's own schema. */
export const readingEnvironment = {
  RCM_CREDENTIALS_MAX_ENTRIES: number('maxEntries'),
  RCM_CREDENTIALS_TTL_MS: number('ttlMs'),
  RCM_CREDENTIALS_TTL_JITTER: number('ttlJitter'),
  RCM_CREDENTIALS_STALE_MS: number('staleMs'),
  RCM_CREDENTIALS_REFRESH_WAIT_MS: number('refreshWaitMs'),
  RCM_CREDENTIALS_DOWN_PAUSE_MS: number('downPauseMs'),
  RCM_CREDENTIALS_MISSING_MS: number('missingMs'),
  RCM_CREDENTIALS_READ_DEADLINE_MS: number('readDeadlineMs'),
  RCM_CREDENTIALS_MAX_PARALLEL: number('maxParallel'),
  RCM_CREDENTIALS_MAX_WAITING: number('maxWaiting'),
  RCM_CREDENTIALS_SSM_CALLS_PER_SECOND: number('ssmCallsPerSecond'),
  RCM_CREDENTIALS_OTHER_CALLS_PER_SECOND: number('otherCallsPerSecond'),
  RCM_CREDENTIALS_MAX_TRIES: number('maxTries'),
  RCM_CREDENTIALS_RETRY_PAUSE_MS: number('retryPauseMs'),
  RCM_CREDENTIALS_CATCH_UP_BATCH: number('catchUpBatch'),
} as const;

export type ReadingConfig = z.infer<z.ZodObject<typeof readingEnvironment>>;

/**
 * What an operator has set, as `createCredentialManager` takes it.
 *
 * @example
 * ```ts
 * const schema = z.object({ ...credentialsEnvironment, ...readingEnvironment }).superRefine(checkStores);
 * const config = schema.parse(process.env);
 * const stores = createTenantReaders(tenantStoresOptions(config));
 * const credentials = createCredentialManager({ ...readingNumbers(config), stores, metrics: createMetrics() });
 * ```
 */
export const readingNumbers = (config: ReadingConfig): ReadingNumbers => ({
  maxEntries: config.RCM_CREDENTIALS_MAX_ENTRIES,
  ttlMs: config.RCM_CREDENTIALS_TTL_MS,
  ttlJitter: config.RCM_CREDENTIALS_TTL_JITTER,
  staleMs: config.RCM_CREDENTIALS_STALE_MS,
  refreshWaitMs: config.RCM_CREDENTIALS_REFRESH_WAIT_MS,
  downPauseMs: config.RCM_CREDENTIALS_DOWN_PAUSE_MS,
  missingMs: config.RCM_CREDENTIALS_MISSING_MS,
  readDeadlineMs: config.RCM_CREDENTIALS_READ_DEADLINE_MS,
  maxParallel: config.RCM_CREDENTIALS_MAX_PARALLEL,
  maxWaiting: config.RCM_CREDENTIALS_MAX_WAITING,
  ssmCallsPerSecond: config.RCM_CREDENTIALS_SSM_CALLS_PER_SECOND,
  otherCallsPerSecond: config.RCM_CREDENTIALS_OTHER_CALLS_PER_SECOND,
  maxTries: config.RCM_CREDENTIALS_MAX_TRIES,
  retryPauseMs: config.RCM_CREDENTIALS_RETRY_PAUSE_MS,
  catchUpBatch: config.RCM_CREDENTIALS_CATCH_UP_BATCH,
});
