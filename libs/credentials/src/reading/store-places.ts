import { LRUCache } from 'lru-cache';
import { placeKey, type SecretReference } from '../reference.ts';
import { ReadBatcher, type ReadBatcherOptions } from './read-batcher.ts';
import type { ReadingNumbers } from './reading-numbers.ts';

/** More than any deployment has: a row may name any, and none that is not the deployment's is asked. */
const MOST_PLACES = 1_000;

/** What is known of one place. */
interface StorePlace {
  readonly batcher: ReadBatcher;
  /** Until then it counts as down: a caller with a usable value need not wait for a call to fail again. */
  downUntil: number;
}

type StorePlacesOptions = ReadingNumbers & Omit<ReadBatcherOptions, 'store' | 'callsPerSecond'>;

/** The places that were read from: a store of one account in one region each. */
export class StorePlaces {
  readonly #places = new LRUCache<string, StorePlace>({ max: MOST_PLACES });
  readonly #options: StorePlacesOptions;

  constructor(options: StorePlacesOptions) {
    this.#options = options;
  }

  of(reference: SecretReference): StorePlace {
    const key = placeKey(reference);
    const place = this.#places.get(key) ?? { batcher: this.#batcherFor(reference), downUntil: 0 };
    this.#places.set(key, place);
    return place;
  }

  #batcherFor({ store }: SecretReference): ReadBatcher {
    const callsPerSecond = store === 'ssm' ? this.#options.ssmCallsPerSecond : this.#options.otherCallsPerSecond;
    return new ReadBatcher({ ...this.#options, store, callsPerSecond });
  }
}
