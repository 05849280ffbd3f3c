import { assessPortalTypes } from '@rcm/db/rotation';
import type { Rotator } from '../rotator.ts';

/** Stops the portal types that fail now, before anything else of theirs starts. */
export async function stopFailingPortalTypes(rotator: Rotator): Promise<void> {
  const stopped = await assessPortalTypes(rotator.db, rotator.breaker);
  for (const portalType of stopped) rotator.logger.error({ portalType }, 'the rotations of a portal type are stopped because they fail');
}
