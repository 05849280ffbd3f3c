import type { Database } from '@rcm/db';
import { createPortalTask } from '@rcm/db/tasks';
import { hasCode } from '@rcm/telemetry';
import type { EndpointState } from './endpoint-state.ts';

/** The claims that every demo portal shows for every account. */
const FIRST_CLAIM = 1001;
const CLAIMS = 24;

export interface TaskStreamOptions {
  readonly db: Database;
  /** Tasks asked for and not finished, at most. */
  readonly inFlight: number;
}

/** A hospital's work list that never ends: claim-status questions over all endpoints, a bounded number at a time, one per login. */
export class TaskStream {
  readonly #options: TaskStreamOptions;
  #asked = 0;

  constructor(options: TaskStreamOptions) {
    this.#options = options;
  }

  /** Asks for as many tasks as there is room for: first where one is still missing after a rotation, then where least was done. */
  async refill(states: readonly EndpointState[]): Promise<void> {
    const room = this.#options.inFlight - states.filter((state) => state.busy).length;
    const next = states
      .filter((state) => !state.busy && !state.blocked)
      .sort((a, b) => Number(a.usedAfterRotation) - Number(b.usedAfterRotation) || a.done - b.done)
      .slice(0, Math.max(0, room));
    for (const { id, orgId } of next) {
      const claim = `CLM-${FIRST_CLAIM + (this.#asked++ % CLAIMS)}`;
      await createPortalTask(this.#options.db, {
        orgId,
        endpointId: id,
        name: 'claim_status',
        input: { claim_number: claim },
        requester: { kind: 'terminal', name: 'npm-start' },
      }).catch((error: unknown) => {
        // Somebody has retired it since it was looked at, as they may while the platform is up.
        if (!hasCode(error, 'endpoint_retired')) throw error;
      });
    }
  }
}
