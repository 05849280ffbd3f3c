import type { ConsoleRoles } from '@rcm/db/acts';
import { isId } from '@rcm/telemetry';
import { EVERYWHERE, type Role, ROLES } from './roles.ts';

/** A group of the issuer, and what its members are where. */
export interface GroupRole {
  readonly group: string;
  readonly role: Role;
  /** An organization's id, or `*`. */
  readonly organization: string;
}

const ENTRY = /^([^=@,]{1,200})=([a-z]+)@([^=@,]+)$/;

/** `GROUP=ROLE@ORGANIZATION`, with commas between. A text that is not that gives the sentence that says why. */
export function parseGroups(text: string): readonly GroupRole[] | string {
  const parsed: GroupRole[] = [];
  for (const entry of text.split(',').map((part) => part.trim())) {
    const [, group, role, organization] = ENTRY.exec(entry) ?? [];
    if (group === undefined || role === undefined || organization === undefined) return 'must be GROUP=ROLE@ORGANIZATION, several with commas between';
    if (!isRole(role)) return `has a role that is none of ${ROLES.join(', ')}`;
    if (organization !== EVERYWHERE && !isId(organization)) return 'names an organization that can be none (@* is all of them)';
    parsed.push({ group, role, organization });
  }
  return parsed;
}

const isRole = (text: string): text is Role => (ROLES as readonly string[]).includes(text);

/** What a person with these groups is, by organization. A claim that is no list of texts gives nothing. */
export function rolesOf(groups: unknown, table: readonly GroupRole[]): ConsoleRoles {
  const mine = new Set(Array.isArray(groups) ? groups.filter((group): group is string => typeof group === 'string') : []);
  // By a map: an organization may be called as something that every object has (`constructor`).
  const roles = new Map<string, Set<Role>>();
  for (const { group, role, organization } of table) if (mine.has(group)) roles.set(organization, (roles.get(organization) ?? new Set()).add(role));
  return Object.fromEntries([...roles].map(([organization, there]) => [organization, [...there]]));
}
