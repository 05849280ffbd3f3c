import type { ConsoleRoles } from '@rcm/db/acts';

/** What a person may be. None includes another; a person may be several. */
export const ROLES = ['viewer', 'operator', 'approver', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

const EVERYBODY: readonly Role[] = ROLES;

/** Who sees which page (docs/console.md is made from this). */
export const PAGES = {
  fleet: EVERYBODY,
  login: EVERYBODY,
  rotations: EVERYBODY,
  calendar: EVERYBODY,
  portals: EVERYBODY,
  migration: ['operator', 'approver', 'auditor'],
  tasks: EVERYBODY,
  codes: ['operator', 'approver', 'auditor'],
  approvals: ['operator', 'approver', 'auditor'],
  notifications: ['operator', 'approver', 'auditor'],
  audit: ['operator', 'approver', 'auditor'],
  access: ['approver', 'auditor'],
  system: EVERYBODY,
} as const satisfies Record<string, readonly Role[]>;
export type Page = keyof typeof PAGES;

/** Who does which act, by the name of its command; what is for portal types touches every organization, and is for whoever has the role in each. */
export const ACTS = {
  verify: ['operator'],
  look: ['operator'],
  retry: ['operator'],
  unlocked: ['operator'],
  set: ['operator'],
  rotate: ['operator'],
  rollback: ['operator'],
  resolve: ['operator'],
  break_glass: ['operator'],
  pause: ['operator'],
  resume: ['operator'],
  cancel: ['operator'],
  answer: ['operator'],
  approve: ['approver'],
  decline: ['approver'],
  withdraw: ['operator'],
  read: ['operator'],
  type: ['operator'],
  revoke: ['approver'],
  'verify audit': ['auditor'],
  'pause portals': ['operator'],
  'resume portals': ['operator'],
  'approve for portals': ['approver'],
  'decline for portals': ['approver'],
  'withdraw for portals': ['operator'],
  'stop migration': ['operator'],
  'dealt-with migration': ['operator'],
} as const satisfies Record<string, readonly Role[]>;
export type Act = keyof typeof ACTS;

/** In every organization. No organization can have this id. */
export const EVERYWHERE = '*';

/** What a person is in one organization (or `*`: in all of them). */
export function rolesIn(roles: ConsoleRoles, organization: string): readonly Role[] {
  const named = [...(roles[EVERYWHERE] ?? []), ...(Object.hasOwn(roles, organization) ? (roles[organization] ?? []) : [])];
  return ROLES.filter((role) => named.includes(role));
}

export const maySee = (roles: readonly Role[], page: Page): boolean => roles.some((role) => (PAGES[page] as readonly Role[]).includes(role));
export const mayDo = (roles: readonly Role[], act: Act): boolean => roles.some((role) => (ACTS[act] as readonly Role[]).includes(role));
