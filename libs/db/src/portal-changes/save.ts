import { RcmError } from '@rcm/telemetry';
import type { Database } from '../database.ts';
import type { NewPortalType, PortalTypeRow } from '../endpoints/endpoint.ts';
import { type PersonalChange, upsertPortalTypeIn } from '../endpoints/seed.ts';
import { checkUuid } from '../input.ts';
import { lockPortalType } from './stands.ts';

/**
 * Saves what a second person has approved, once, in one transaction with that it was. `portalType`: the document of the change, checked by whoever calls this. Fails with `state_conflict` where nobody has
 * approved it, it was saved, or the portal type has changed since it was proposed, and as `upsertPortalType`. For the tables' owner.
 */
export async function saveApprovedChange(
  db: Database,
  id: string,
  { portalType, ...change }: PersonalChange & { readonly portalType: NewPortalType },
): Promise<PortalTypeRow> {
  checkUuid('id', id);
  return db.transaction('no tenant', async (tx) => {
    // First: whoever saves at the same moment has saved by then, and is seen.
    await lockPortalType(tx, { code: portalType.code });
    const rows = await tx.$executeRaw`
      UPDATE portal_type_change c SET saved_at = clock_timestamp()
       WHERE c.id = ${id}::uuid AND c.portal_type_code = ${portalType.code} AND c.decision = 'approved' AND c.saved_at IS NULL
         AND c.stood IS NOT DISTINCT FROM rcm_portal_type_stands(c.portal_type_code)`;
    if (rows === 0)
      throw new RcmError(
        'state_conflict',
        `Change ${id} of ${portalType.code} is not to be saved: nobody has approved it, it was saved, or the portal type has changed since. Nothing was changed.`,
      );
    return upsertPortalTypeIn(tx, portalType, change);
  });
}
