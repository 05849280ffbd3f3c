/** Somebody who can sign in with a click. */
export interface DemoPerson {
  readonly id: string;
  readonly name: string;
  readonly groups: readonly string[];
}

/** One of each role for all organizations, and one who is an operator of a single hospital. */
export const DEMO_PEOPLE: readonly DemoPerson[] = [
  { id: 'olga', name: 'Olga Operator', groups: ['rcm-operators'] },
  { id: 'vera', name: 'Vera Viewer', groups: ['rcm-viewers'] },
  { id: 'arno', name: 'Arno Approver', groups: ['rcm-approvers'] },
  { id: 'aude', name: 'Aude Auditor', groups: ['rcm-auditors'] },
  { id: 'nora', name: 'Nora of the North Hospital', groups: ['north-operators'] },
];

/** What these groups are (`RCM_CONSOLE_ROLES`), where the one hospital is this organization. */
export const demoRoles = (north: string): string =>
  [...['operator', 'viewer', 'approver', 'auditor'].map((role) => `rcm-${role}s=${role}@*`), `north-operators=operator@${north}`].join(',');
