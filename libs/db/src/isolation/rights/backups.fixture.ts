import { ALL_ROLES } from '../../roles/app-role.ts';
import type { Right } from './statements.fixture.ts';

const BACKED_UP = `INSERT INTO backup_run (began_at, place, organizations, logins, copies, missing) VALUES (now() - interval '1 s', 'x', 1, 1, 0, 0)`;

/** What is kept of the backups that were made. */
export const BACKUPS: readonly Right[] = [
  ['rcm_rotator', 'may', BACKED_UP],
  ['rcm_rotator', 'may not', 'UPDATE backup_run SET ended_at = now()'],
  ['rcm_rotator', 'may not', 'DELETE FROM backup_run'],
  [
    'rcm_rotator',
    'may not',
    `INSERT INTO backup_run (began_at, ended_at, place, organizations, logins, copies, missing) VALUES (now(), now(), 'x', 1, 1, 0, 0)`,
  ],
  ['rcm_operator', 'may', 'SELECT count(*) FROM backup_run'],
  ...ALL_ROLES.filter((role) => role !== 'rcm_rotator').map((role) => [role, 'may not', BACKED_UP] as const),
  ['rcm_agent', 'may not', 'SELECT 1 FROM backup_run'],
];
