import { isRcmError, RcmError } from '@rcm/telemetry';
import { writeAuditEvent } from '../audit/record.ts';
import type { Database } from '../database.ts';
import type { PersonalChange } from '../endpoints/seed.ts';
import { checkId } from '../input.ts';

export interface AddedOrganization {
  readonly id: string;
  readonly name: string;
  readonly parentId: string | null;
}

const LONGEST_NAME = 200;

/**
 * Registers an organization, with the event of the person who does it in the same transaction: the first of its chain. For `rcm_operator`. Fails with `state_conflict`
 * where there is one by this id, `input_invalid` for an id or name that is none, or a parent that is not there.
 */
export async function addOrganization(db: Database, { id, name, parentId }: AddedOrganization, { actor, reason }: PersonalChange): Promise<void> {
  checkId('organization id', id);
  if (parentId !== null) checkId('parent', parentId);
  if (name.trim() === '' || name.length > LONGEST_NAME)
    throw new RcmError('input_invalid', `name must have 1 to ${LONGEST_NAME} characters. Nothing was changed.`);
  try {
    await db.transaction({ tenant: id }, async (tx) => {
      const added =
        await tx.$executeRaw`INSERT INTO organization (id, name, parent_id) VALUES (${id}, ${name.trim()}, ${parentId}) ON CONFLICT (id) DO NOTHING`;
      if (added === 0) throw new RcmError('state_conflict', `There is an organization ${id} already. Nothing was changed.`);
      await writeAuditEvent(tx, { orgId: id, actor, action: 'organization.added', subject: id, reason, details: { parentId } });
    });
  } catch (error) {
    if (!isRcmError(error) || error.details.constraint !== 'organization_parent_id_fkey') throw error;
    throw new RcmError('input_invalid', `There is no organization ${parentId ?? ''}, which was to be the parent. Nothing was changed.`, { cause: error });
  }
}
