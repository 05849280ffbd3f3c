import { ALL_ROLES } from '../../roles/app-role.ts';
import type { Right } from './statements.fixture.ts';

/** What nobody may, whoever asks, and what everybody may. */
export const EVERYBODY: readonly Right[] = [
  ...ALL_ROLES.map((role) => [role, 'may', 'SELECT count(*) FROM rcm_migrations()'] as const),
  ...ALL_ROLES.flatMap((role): Right[] => [
    [role, 'may not', `UPDATE audit_event SET reason = 'else'`],
    [role, 'may not', 'DELETE FROM audit_event'],
    [role, 'may not', `UPDATE portal_type SET hosts = '{evil.example}'`],
    [role, 'may not', `INSERT INTO organization (id, name) VALUES ('new', 'New')`],
    [role, 'may not', 'DELETE FROM portal_task'],
    [role, 'may not', 'DELETE FROM tenant_data_key'],
    [role, 'may not', `UPDATE tenant_data_key SET seals_until = seals_until + interval '1 s'`],
    [role, 'may not', 'SELECT 1 FROM _prisma_migrations'],
    [role, 'may not', 'CREATE TABLE mine (a int)'],
    [role, 'may not', 'SELECT 1 FROM pg_statistic'],
    [role, 'may not', 'SELECT 1 FROM pg_authid'],
  ]),
];
