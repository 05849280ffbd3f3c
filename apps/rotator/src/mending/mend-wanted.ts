import { withExclusiveLease } from '@rcm/db/holding';
import { listWantedSearches } from '@rcm/db/rotation';
import { migratedEndpoint } from '@rcm/portal-access';
import { hasCode } from '@rcm/telemetry';
import { leaseRequest } from '../lease-request.ts';
import type { Rotator } from '../rotator.ts';
import { mendLogin } from './mend-login.ts';

export interface MendingRound {
  readonly limit: number;
  /** Pause between two searches of one login, in ms. */
  readonly pauseMs: number;
  readonly signal: AbortSignal;
}

/** One round over the logins of which somebody was refused. One that cannot be mended now is met again in the next round. */
export async function mendWanted(rotator: Rotator, { limit, pauseMs, signal }: MendingRound): Promise<void> {
  for (const wanted of await listWantedSearches(rotator.db, { limit, pauseMs })) {
    if (signal.aborted) return;
    try {
      const endpoint = await migratedEndpoint(rotator.db, wanted);
      await withExclusiveLease(leaseRequest(rotator, endpoint, signal), (held) => mendLogin(rotator, endpoint, held));
    } catch (error) {
      const isUsual = hasCode(error, 'lease_unavailable', 'lease_lost', 'cancelled', 'store_conflict');
      rotator.logger[isUsual ? 'info' : 'warn'](
        { err: error, endpointId: wanted.endpointId },
        'a login could not be searched for what its portal accepts; it is tried again',
      );
    }
  }
}
