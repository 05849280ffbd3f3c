import { RcmError } from '@rcm/telemetry';
import { referenceKey, type SecretReference } from '../reference.ts';
import type { ReadAnswer } from '../stores/store.ts';
import type { TenantReaders } from '../tenancy/tenant-stores.ts';

export interface ReadBatcherOptions {
  readonly stores: TenantReaders;
  /** Calls of `readMany` under way at once, over all tenants. */
  readonly maxParallel: number;
  /** Reads that may wait for a call; one more fails with `store_throttled`. */
  readonly maxWaiting: number;
  readonly onBatch: (size: number) => void;
}

interface Waiting {
  readonly orgId: string;
  readonly reference: SecretReference;
  readonly resolve: (answer: ReadAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Collects the reads of one turn of the event loop, and those that come while all calls are taken, and asks for each tenant's
 * together. A batch never mixes tenants.
 */
export class ReadBatcher {
  readonly #options: ReadBatcherOptions;
  #waiting: Waiting[] = [];
  #running = 0;
  #scheduled = false;

  constructor(options: ReadBatcherOptions) {
    this.#options = options;
  }

  read(orgId: string, reference: SecretReference): Promise<ReadAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<ReadAnswer>();
    if (this.#waiting.length >= this.#options.maxWaiting) {
      reject(new RcmError('store_throttled', `${this.#options.maxWaiting} reads wait for the secret store already.`));
      return promise;
    }
    this.#waiting.push({ orgId, reference, resolve, reject });
    this.#schedule();
    return promise;
  }

  /** `setImmediate`, not a microtask: callers that ask after an `await` of their own belong to the same batch. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      while (this.#running < this.#options.maxParallel && this.#waiting.length > 0) this.#start();
    });
  }

  #start(): void {
    const batch = this.#take();
    this.#running += 1;
    this.#options.onBatch(batch.length);
    this.#ask(batch)
      .catch((error: unknown) => batch.forEach(({ reject }) => reject(error)))
      .finally(() => {
        this.#running -= 1;
        if (this.#waiting.length > 0) this.#schedule();
      });
  }

  /** The one who has waited longest, and whoever else of the same tenant fits. */
  #take(): readonly Waiting[] {
    const first = this.#waiting[0];
    if (!first) return [];
    const size = this.#options.stores.forTenant(first.orgId).batchSize;
    const batch: Waiting[] = [];
    const others: Waiting[] = [];
    for (const entry of this.#waiting) (entry.orgId === first.orgId && batch.length < size ? batch : others).push(entry);
    this.#waiting = others;
    return batch;
  }

  async #ask(batch: readonly Waiting[]): Promise<void> {
    const orgId = batch[0]?.orgId ?? '';
    const answers = await this.#options.stores.forTenant(orgId).readMany(batch.map(({ reference }) => reference));
    for (const { reference, resolve } of batch) resolve(answers.get(referenceKey(reference)) ?? null);
  }
}
