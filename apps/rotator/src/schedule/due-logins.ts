import { giveBackStartable, type Startable, takeStartable } from '@rcm/db/rotation';
import type { RotationRequest } from '../rotate.ts';
import type { Rotator } from '../rotator.ts';
import type { InFlight } from './in-flight.ts';
import type { RotationResult } from './rotation-outcome.ts';

/** For the look into the store between the lease and the plan. */
const TO_PLAN_MS = 60_000;
/** What could not begin, for a reason that its row does not say, is tried again no sooner. */
const COOL_DOWN_MS = 15_000;
const NOT_BEGUN: ReadonlySet<RotationResult> = new Set(['put_off', 'not_started', 'failed']);

/** Fills a rotator's free slots with logins that are due. */
export class DueLogins {
  readonly #rotator: Rotator;
  readonly #inFlight: InFlight;
  readonly #rotate: (request: Omit<RotationRequest, 'signal'>) => Promise<RotationResult>;
  /** Until when each cools down, by the process's own clock. */
  readonly #coolsDownUntil = new Map<string, number>();

  /** `rotate` must not reject. */
  constructor(rotator: Rotator, inFlight: InFlight, rotate: (request: Omit<RotationRequest, 'signal'>) => Promise<RotationResult>) {
    this.#rotator = rotator;
    this.#inFlight = inFlight;
    this.#rotate = rotate;
  }

  /** Begins as many as there is room for, and does not wait for their end. With `signal` aborted nothing begins. One at a time. */
  async take(signal: AbortSignal): Promise<void> {
    if (this.#inFlight.room === 0) return;
    const now = performance.now();
    for (const [endpointId, until] of this.#coolsDownUntil) if (until <= now) this.#coolsDownUntil.delete(endpointId);
    const { db, rules, owner: holder, lease } = this.#rotator;
    const taken = await takeStartable(db, {
      ...{ rules, limit: this.#inFlight.room, holder, ttlMs: lease.waitMs + TO_PLAN_MS },
      ...{ inHand: this.#inFlight.keys, coolingDown: [...this.#coolsDownUntil.keys()] },
    });
    for (const due of taken) {
      if (signal.aborted || this.#inFlight.room === 0 || this.#inFlight.has(due.endpointId)) await this.#giveBack(due);
      else void this.#inFlight.run(due.endpointId, () => this.#begin(due));
    }
  }

  async #begin(due: Startable): Promise<void> {
    const { orgId, endpointId } = due;
    const result = await this.#rotate({ orgId, endpointId, reason: 'due' });
    if (NOT_BEGUN.has(result)) this.#coolsDownUntil.set(endpointId, performance.now() + COOL_DOWN_MS);
    // Before the slot is free: whoever looks next sees the room of its portal type, too.
    await this.#giveBack(due);
  }

  async #giveBack({ orgId, endpointId }: Startable): Promise<void> {
    const { db, owner: holder, logger } = this.#rotator;
    await giveBackStartable(db, { orgId, endpointId, holder }).catch((error: unknown) =>
      logger.info({ err: error, endpointId }, 'a login could not be given back; it is free at the next look of this process, or when its time is over'),
    );
  }
}
