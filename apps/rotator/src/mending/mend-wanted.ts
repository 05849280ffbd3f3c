import { withExclusiveLease } from '@rcm/db/holding';
import { listWantedSearches, postponeSearch, startSearch, type WantedSearch } from '@rcm/db/rotation';
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
  /** Aborted: nothing more is begun, and what has begun goes on. Default: `signal`. */
  readonly intake?: AbortSignal;
}

/** One round over the logins of which somebody was refused. One that cannot be mended now is met again in a later round, behind those that wait. */
export async function mendWanted(rotator: Rotator, { limit, pauseMs, signal, intake = signal }: MendingRound): Promise<void> {
  for (const wanted of await listWantedSearches(rotator.db, { limit, pauseMs })) {
    if (intake.aborted) return;
    try {
      const endpoint = await migratedEndpoint(rotator.db, wanted);
      await withExclusiveLease(leaseRequest(rotator, endpoint, signal), (held) => mendLogin(rotator, endpoint, held));
    } catch (error) {
      const isUsual = hasCode(error, 'lease_unavailable', 'lease_lost', 'cancelled', 'store_conflict');
      rotator.logger[isUsual ? 'info' : 'warn'](
        { err: error, endpointId: wanted.endpointId },
        'a login could not be searched for what its portal accepts; it is tried again',
      );
      if (!signal.aborted) await goBehind(rotator, wanted);
    }
  }
}

/** It stays wanted, and those that are wanted already come first: as many as one round takes may be of a tenant whose secrets nobody can read, and stand first for ever. */
async function goBehind({ db, logger }: Rotator, wanted: WantedSearch): Promise<void> {
  try {
    await postponeSearch(db, { ...(await startSearch(db, wanted)), forMs: 0 });
  } catch (error) {
    logger.info({ err: error, endpointId: wanted.endpointId }, 'a login that could not be searched keeps its turn');
  }
}
