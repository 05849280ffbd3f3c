import { type Clock, RcmError } from '@rcm/telemetry';
import { referenceKey, type SecretReference } from '../reference.ts';
import type { ReadAnswer } from '../stores/store.ts';
import type { TenantReaders } from '../tenancy/tenant-stores.ts';
import { CallPace } from './call-pace.ts';
import { Lanes } from './lanes.ts';
import type { ReadingMetrics } from './reading-metrics.ts';
import type { ReadingNumbers } from './reading-numbers.ts';
import { repeatedCall } from './repeated-call.ts';

export interface ReadBatcherOptions extends Pick<ReadingNumbers, 'maxParallel' | 'maxWaiting' | 'maxTries' | 'retryPauseMs'> {
  /** All references are of one place, which is in this store: one that is throttled holds up no other. */
  readonly store: SecretReference['store'];
  readonly callsPerSecond: number;
  readonly stores: TenantReaders;
  readonly clock: Clock;
  readonly random: () => number;
  readonly metrics: Pick<ReadingMetrics, 'batch' | 'throttled' | 'inFlight' | 'waiting'>;
}

interface Waiting {
  readonly orgId: string;
  readonly reference: SecretReference;
  /** Its reader's deadline. */
  readonly signal: AbortSignal;
  readonly resolve: (answer: ReadAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Collects the reads of one turn of the event loop, and those that come while the store's pace or the calls under way hold them
 * back, and asks for each tenant's together. A batch never mixes tenants, and tenants take turns.
 */
export class ReadBatcher {
  readonly #options: ReadBatcherOptions;
  readonly #waiting: Lanes<Waiting>;
  readonly #pace: CallPace;
  #running = 0;
  #told = 0;
  #scheduled = false;

  constructor(options: ReadBatcherOptions) {
    this.#options = options;
    this.#waiting = new Lanes({ max: options.maxWaiting, isOver: ({ signal }) => signal.aborted });
    this.#pace = new CallPace({ perSecond: options.callsPerSecond, clock: options.clock });
  }

  /**
   * The store's answer, or never where the signal ends it first: whoever gave the signal knows. Fails with `store_throttled` where
   * too many wait, and as `forTenant` does.
   */
  async read(orgId: string, reference: SecretReference, signal: AbortSignal): Promise<ReadAnswer> {
    // Asked here, where a refusal has a caller: out of the batch's own turn of the event loop it would end the process.
    this.#options.stores.forTenant(orgId);
    const { promise, resolve, reject } = Promise.withResolvers<ReadAnswer>();
    if (this.#waiting.add(orgId, { orgId, reference, signal, resolve, reject })) this.#schedule();
    else reject(new RcmError('store_throttled', `${this.#options.maxWaiting} reads wait for the secret store already.`));
    return promise;
  }

  /** `setImmediate`, not a microtask: callers that ask after an `await` of their own belong to the same batch. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      while (this.#running < this.#options.maxParallel && this.#waiting.size > 0) this.#start();
      this.#options.metrics.waiting(this.#options.store, this.#waiting.size - this.#told);
      this.#told = this.#waiting.size;
    });
  }

  #start(): void {
    const batch = this.#waiting.take(({ orgId }) => this.#options.stores.forTenant(orgId).batchSize);
    if (batch.length === 0) return;
    this.#count(1);
    this.#ask(batch)
      .catch((error: unknown) => batch.forEach(({ reject }) => reject(error)))
      .finally(() => {
        this.#count(-1);
        if (this.#waiting.size > 0) this.#schedule();
      });
  }

  async #ask(batch: readonly Waiting[]): Promise<void> {
    const { store, stores, metrics, clock, random, maxTries, retryPauseMs } = this.#options;
    const orgId = batch[0]?.orgId ?? '';
    const stillAsked = () => batch.filter(({ signal }) => !signal.aborted).map(({ reference }) => reference);
    const answers = await repeatedCall(
      { pace: this.#pace, clock, random, maxTries, retryPauseMs, signal: endOfTheLast(batch), onThrottle: () => metrics.throttled(store) },
      // Only SSM answers many names in one call.
      () => (store === 'ssm' ? 1 : stillAsked().length),
      () => {
        const references = stillAsked();
        metrics.batch(references.length);
        return stores.forTenant(orgId).readMany(references, { onFurtherCall: () => this.#pace.charge(1) });
      },
    );
    for (const { reference, resolve } of batch) resolve(answers.get(referenceKey(reference)) ?? null);
  }

  #count(change: 1 | -1): void {
    this.#running += change;
    this.#options.metrics.inFlight(this.#options.store, change);
  }
}

/** Aborts once nobody waits for any of the batch. */
function endOfTheLast(batch: readonly Waiting[]): AbortSignal {
  const end = new AbortController();
  let left = batch.length;
  const over = () => {
    left -= 1;
    if (left === 0) end.abort();
  };
  for (const { signal } of batch) {
    if (signal.aborted) over();
    else signal.addEventListener('abort', over, { once: true });
  }
  return end.signal;
}
