import type { Database } from '@rcm/db';
import { findOrganizationName, type OrganizationName } from '@rcm/db/fleet';
import { RcmError } from '@rcm/telemetry';

/** Fails with `input_invalid` where there is none. */
export async function organizationNamed(db: Database, orgId: string): Promise<OrganizationName> {
  const organization = await findOrganizationName(db, orgId);
  if (!organization) throw new RcmError('input_invalid', `There is no organization ${orgId}.`);
  return organization;
}
