import type { OtherRegions, Region } from './operation.ts';
import { bringInSync } from './secrets/bring-in-sync.ts';

/**
 * The regions of one account that run in this process and replicate secrets to each other: give the same to each `startLocalAws`. In AWS a change
 * reaches a replica some time after it was answered; here right after, unless it is held.
 */
export class Regions implements OtherRegions {
  readonly #joined = new Map<string, Region>();
  #isHeld = false;

  join(region: Region): void {
    this.#joined.set(region.account.region, region);
  }

  leave({ region }: Region['account']): void {
    this.#joined.delete(region);
  }

  /** `null` for one that is not there. */
  named(name: string): Region | null {
    return this.#joined.get(name) ?? null;
  }

  /** From now on changes do not reach replicas. */
  hold(): void {
    this.#isHeld = true;
  }

  /** What was held arrives, and what follows arrives at once. */
  release(): void {
    this.#isHeld = false;
    this.replicate();
  }

  /** Brings in sync what can be reached. */
  replicate(): void {
    if (this.#isHeld) return;
    for (const home of this.#joined.values()) if (!home.isAway()) bringInSync(home, (name) => this.named(name));
  }
}
