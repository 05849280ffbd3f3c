import type { Database } from '@rcm/db';
import { findOrganizationName } from '@rcm/db/fleet';
import { isId } from '@rcm/telemetry';
import { EVERYWHERE, type Role, rolesIn } from '../access/roles.ts';
import { ALL, type Place, placeOf } from '../pages/layout.ts';
import type { Visitor } from '../sign-in/visitor.ts';

/** Where somebody is, and what they are there. */
export interface PlaceAccess {
  readonly place: Place;
  readonly roles: readonly Role[];
}

/** `null`: this person is nothing there, or there is no such organization; which of the two is nobody's to tell. */
export async function accessIn(db: Database, visitor: Visitor, organization: string | null): Promise<PlaceAccess | null> {
  if (organization === null) {
    const roles = rolesIn(visitor.roles, EVERYWHERE);
    return roles.length > 0 ? { place: ALL, roles } : null;
  }
  if (!isId(organization)) return null;
  const roles = rolesIn(visitor.roles, organization);
  const found = roles.length > 0 ? await findOrganizationName(db, organization) : null;
  return found && { place: placeOf(found), roles };
}
