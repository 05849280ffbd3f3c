import { parseReference } from '@rcm/credentials';
import { endLongWait, listLongWaits, type LongWait } from '@rcm/db/rotation';
import type { Rotator } from '../rotator.ts';
import { InTurn } from '../schedule/in-turn.ts';

/**
 * Rounds over the rotations that wait for longer than an hour, for a person who answers the portal; `limit` in one round. Where the secret is not the one that such a rotation began
 * with, somebody has changed it, and the rotation goes on now: the login may demand a new password, and would for a day. Each costs one read of the store and no login; one that cannot be read is met again.
 */
export function longWaitLooks(rotator: Pick<Rotator, 'db' | 'stores' | 'logger'>, limit: number): (signal: AbortSignal) => Promise<void> {
  const turn = new InTurn<LongWait>(limit);
  return (signal) => look(rotator, turn, signal);
}

async function look({ db, stores, logger }: Pick<Rotator, 'db' | 'stores' | 'logger'>, turn: InTurn<LongWait>, signal: AbortSignal): Promise<void> {
  const waits: LongWait[] = [];
  await turn.look(
    (part) => listLongWaits(db, part),
    (wait) => {
      waits.push(wait);
      return true;
    },
  );
  for (const { id: attemptId, orgId, endpointId, secretArn, baseVersion } of waits) {
    if (signal.aborted) return;
    try {
      const current = await stores.forTenant(orgId).read(parseReference(secretArn), { signal });
      if (current === null || current.version === baseVersion) continue;
      if (await endLongWait(db, { attemptId, orgId }))
        logger.info({ attemptId, endpointId }, 'the secret was changed while a rotation waited for a person; it goes on');
    } catch (error) {
      logger.info({ err: error, attemptId, endpointId }, 'a rotation that waits for a person could not be looked at; it is tried again');
    }
  }
}
