import type { Database } from '@rcm/db';
import { isStillAsked } from '@rcm/db/acts';
import { RcmError } from '@rcm/telemetry';

/** Fails with `state_conflict` where nobody waits any more for what this process has taken, or it was asked of a login that has moved on since. */
export async function mustBeWanted(db: Database, act: { readonly id: string; readonly orgId: string | null }): Promise<void> {
  if (await isStillAsked(db, act)) return;
  throw new RcmError('state_conflict', 'Nobody waits for it any more, or the login is not as it was when it was asked: ask again. Nothing was changed.');
}
