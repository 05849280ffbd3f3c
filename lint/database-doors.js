/**
 * By which doors of libs/db (libs/db/src/doors) each part of the product goes in, beside its main one; a part that is not named has none. So the files
 * of an agent, whose process holds browsers with strangers' pages, cannot so much as import what rotates a password.
 */
export const DOORS = {
  'apps/audit': ['audit'],
  'apps/cli': ['acts', 'admin', 'codes', 'fleet', 'migration', 'tasks'],
  'apps/console': ['acts', 'audit', 'codes', 'fleet', 'migration', 'notifications', 'rotation', 'sealing', 'tasks'],
  'apps/migrator': ['acts', 'admin', 'fleet', 'holding', 'leases', 'migration', 'rotation'],
  'apps/rotator': ['acts', 'admin', 'fleet', 'holding', 'leases', 'ledger', 'migration', 'notifications', 'rotation', 'sealing'],
  'apps/web-agent': ['codes', 'sealing', 'tasks'],
  // A lease that is held is taken as anybody takes one, so that the simulation's model is asked where that stands in.
  'libs/db': ['leases'],
  'libs/fleet': ['fleet', 'migration', 'rotation', 'tasks'],
  'libs/portal-access': ['codes', 'holding', 'leases', 'ledger', 'migration', 'rotation', 'sealing'],
};

const refused = (regex, message) => ({ '@typescript-eslint/no-restricted-imports': ['error', { patterns: [{ regex, message }] }] });
const NOT_PRODUCT = ['**/*.test.ts', '**/*.fixture.ts', '**/vitest.config.ts'];

/** The rules; tests go in by any door. */
export const databaseDoors = [
  {
    files: ['{apps,libs}/*/src/**/*.ts'],
    ignores: NOT_PRODUCT,
    rules: refused('^@rcm/db/', 'This part has no door of libs/db but the main one (lint/database-doors.js).'),
  },
  ...Object.entries(DOORS).map(([part, doors]) => ({
    files: [`${part}/src/**/*.ts`],
    ignores: NOT_PRODUCT,
    rules: refused(`^@rcm/db/(?!(?:${doors.join('|')})$)`, `${part} goes into libs/db by ${doors.join(', ')} (lint/database-doors.js).`),
  })),
];
