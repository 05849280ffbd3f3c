import { ACTS, type Act, type Page, PAGES, type Role, ROLES } from './roles.ts';

/** Where somebody of a role stands to what they look at. */
export const WHERES = ['in every organization', 'in this organization', 'in another organization'] as const;
export type Where = (typeof WHERES)[number];

/** The person of the test console who is that, looking at `hospital-1` or, where they have a role in that one alone, at `hospital-2`. */
export interface Case {
  readonly role: Role;
  readonly where: Where;
  readonly person: string;
  readonly organization: 'hospital-1' | 'hospital-2';
}

export const CASES: readonly Case[] = ROLES.flatMap((role) => [
  { role, where: WHERES[0], person: `all-${role}`, organization: 'hospital-1' as const },
  { role, where: WHERES[1], person: `one-${role}`, organization: 'hospital-1' as const },
  { role, where: WHERES[2], person: `one-${role}`, organization: 'hospital-2' as const },
]);

/** Written by hand, by what a person of each role is for: the tests hold the table of the program against it. */
const SEES: Readonly<Record<Page, string>> = {
  fleet: 'viewer operator approver auditor',
  login: 'viewer operator approver auditor',
  rotations: 'viewer operator approver auditor',
  calendar: 'viewer operator approver auditor',
  portals: 'viewer operator approver auditor',
  migration: 'operator approver auditor',
  tasks: 'viewer operator approver auditor',
  codes: 'operator approver auditor',
  approvals: 'operator approver auditor',
  notifications: 'operator approver auditor',
  audit: 'operator approver auditor',
  access: 'approver auditor',
  system: 'viewer operator approver auditor',
};
const DOES: Readonly<Record<Act, string>> = {
  verify: 'operator',
  look: 'operator',
  retry: 'operator',
  unlocked: 'operator',
  set: 'operator',
  rotate: 'operator',
  rollback: 'operator',
  resolve: 'operator',
  break_glass: 'operator',
  pause: 'operator',
  resume: 'operator',
  cancel: 'operator',
  answer: 'operator',
  approve: 'approver',
  decline: 'approver',
  withdraw: 'operator',
  read: 'operator',
  type: 'operator',
  revoke: 'approver',
  'verify audit': 'auditor',
  'pause portals': 'operator',
  'resume portals': 'operator',
  'approve for portals': 'approver',
  'decline for portals': 'approver',
  'withdraw for portals': 'operator',
  'stop migration': 'operator',
  'dealt-with migration': 'operator',
};

/** What touches every organization, or the whole migration. */
export const isOfAll = (act: Act): boolean => / (portals|migration)$/.test(act);

const isAt = ({ where }: Case): boolean => where !== 'in another organization';
/** What is of the whole platform is for those who have their role everywhere. */
export const expectsPage = (each: Case, page: Page): boolean =>
  isAt(each) && SEES[page].split(' ').includes(each.role) && (page !== 'system' || each.where === 'in every organization');
export const expectsAct = (each: Case, act: Act): boolean =>
  isAt(each) && DOES[act].split(' ').includes(each.role) && (!isOfAll(act) || each.where === 'in every organization');

export const PAGE_NAMES = Object.keys(PAGES) as readonly Page[];
export const ACT_NAMES = Object.keys(ACTS) as readonly Act[];

/** The table as docs/console.md has it. */
export function accessTable(): string {
  const line = (name: string, kind: string, allowed: (each: Case) => boolean): string =>
    `| ${name} | ${kind} | ${ROLES.map((role) => {
      const places = CASES.filter((each) => each.role === role && allowed(each)).map(({ where }) => where);
      return places.length === 0 ? '' : places.includes('in this organization') ? 'yes' : 'with the role everywhere';
    }).join(' | ')} |`;
  return [
    `| | | ${ROLES.join(' | ')} |`,
    `| --- | --- |${ROLES.map(() => ' --- |').join('')}`,
    ...PAGE_NAMES.map((page) => line(page, 'page', (each) => expectsPage(each, page))),
    ...ACT_NAMES.map((act) => line(act, 'act', (each) => expectsAct(each, act))),
  ].join('\n');
}
