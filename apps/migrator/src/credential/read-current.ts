import { rotationOf, type SecretReference, type StoredSecret } from '@rcm/credentials';
import type { EndpointRow } from '@rcm/db';
import type { HeldLease } from '@rcm/db/holding';
import { BEHIND_MS, wasReplaced } from '@rcm/db/rotation';
import { RcmError } from '@rcm/telemetry';
import type { Migration } from '../migration.ts';

/**
 * What the store holds for a login whose exclusive lease this run has; `null`: nothing. A store that answers what was replaced a moment ago, as SSM and Secrets Manager may, is
 * asked again: put into a row, that password would have the account locked by the row's readers. Fails with `store_unavailable`, too, where it goes on to.
 */
export function readCurrent(
  migration: Migration,
  endpoint: EndpointRow,
  { reference, held }: { readonly reference: SecretReference; readonly held: HeldLease },
): Promise<StoredSecret | null> {
  const { patience, pace, stores, giveUp } = migration;
  return patience(pace.reads(reference), async () => {
    const stored = await stores.forTenant(endpoint.orgId).read(reference, { signal: giveUp });
    if (stored !== null) await refuseOldAnswer(migration, endpoint, { stored, current: held.lease.currentVersion });
    return stored;
  });
}

/** Fails with `store_unavailable` where a store has answered what was replaced a moment ago. */
export async function refuseOldAnswer(
  { db }: Pick<Migration, 'db'>,
  { id: endpointId, orgId, loginIdentity }: Pick<EndpointRow, 'id' | 'orgId' | 'loginIdentity'>,
  { stored, current }: { readonly stored: StoredSecret; readonly current: string | null },
): Promise<void> {
  const { version: read, text } = stored;
  if (read === current || loginIdentity === null) return;
  const versions = { current, read, madeBy: rotationOf(text).attemptId };
  // What a person has gone back to is still there when that time is over.
  if ((await wasReplaced(db, { orgId, endpointId, loginIdentity, ...versions, withinMs: BEHIND_MS })) === null) return;
  throw new RcmError('store_unavailable', 'The store still answers a version that was replaced a moment ago. Nothing was changed; run it again in a minute.', {
    details: { endpointId },
  });
}
