import { ALL_ROLES } from '../../roles/app-role.ts';
import type { Right } from './statements.fixture.ts';

const GONE = `'arn:aws:secretsmanager:us-east-1:123456789012:secret:rcm/prod/o/endpoints/e/a-AbCdEf'`;
const MADE = `'arn:aws:secretsmanager:us-east-1:123456789012:secret:rcm/prod/o/endpoints/e/a-GhIjKl'`;

/** An endpoint’s row, where its secret lies, and whose it is. */
export const ENDPOINTS: readonly Right[] = [
  ['rcm_agent', 'may not', 'SELECT config FROM integration_endpoint'],
  ['rcm_agent', 'may not', 'SELECT e FROM integration_endpoint e'],
  ['rcm_rotator', 'may not', 'SELECT config FROM integration_endpoint'],
  ['rcm_migrator', 'may', 'SELECT config FROM integration_endpoint'],
  ['rcm_agent', 'may not', `UPDATE integration_endpoint SET secret_arn = 'arn:aws:ssm:x'`],
  ['rcm_agent', 'may not', `UPDATE integration_endpoint SET login_identity = NULL`],
  ['rcm_agent', 'may not', `UPDATE integration_endpoint SET rotation_status = 'active'`],
  ['rcm_agent', 'may', `UPDATE integration_endpoint SET current_version = '2', updated_at = now()`],
  ...(['rcm_agent', 'rcm_rotator'] as const).map(
    (role) => [role, 'may', `UPDATE integration_endpoint SET current_version = '2', followed_from = '1', followed_at = now()`] as const,
  ),
  ['rcm_rotator', 'may not', `UPDATE integration_endpoint SET secret_arn = 'arn:aws:ssm:x'`],
  ['rcm_rotator', 'may not', `UPDATE integration_endpoint SET base_url = 'https://alpine.example/x'`],
  ['rcm_migrator', 'may', `UPDATE integration_endpoint SET config = config - 'note'`],
  ['rcm_migrator', 'may not', `UPDATE integration_endpoint SET base_url = 'https://alpine.example/x'`],
  ['rcm_migrator', 'may not', 'DELETE FROM integration_endpoint'],
  ['rcm_agent', 'may', `UPDATE integration_endpoint SET search_wanted_at = now()`],
  ['rcm_agent', 'may not', `UPDATE integration_endpoint SET searched_at = now()`],
  ['rcm_rotator', 'may', `UPDATE integration_endpoint SET searched_at = now()`],
  ['rcm_migrator', 'may not', `UPDATE integration_endpoint SET searched_at = now()`],
  ['rcm_rotator', 'may not', `UPDATE integration_endpoint SET login_identity = '$login'`],
  ...(['rcm_agent', 'rcm_rotator', 'rcm_operator'] as const).map((role) => [role, 'may not', `SELECT rcm_logins_at('arn:aws:ssm', 1)`] as const),
  ['rcm_migrator', 'may', `SELECT rcm_logins_at('arn:aws:ssm', 1)`],
  ['rcm_rotator', 'may', `SELECT rcm_secret_made_anew(${GONE}, ${MADE})`],
  ...ALL_ROLES.filter((role) => role !== 'rcm_rotator').map((role) => [role, 'may not', `SELECT rcm_secret_made_anew(${GONE}, ${MADE})`] as const),
  [
    'rcm_migrator',
    'may',
    `INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url) VALUES ('new', '$org', 'alpine', 'another', 'https://alpine.example/')`,
  ],
  ...['config', 'secret_arn', 'login_identity'].map(
    (column) =>
      [
        'rcm_migrator',
        'may not',
        `INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url, ${column}) SELECT 'new', '$org', 'alpine', 'a', 'https://alpine.example/', ${column} FROM integration_endpoint`,
      ] as const,
  ),
  ['rcm_migrator', 'may not', `UPDATE organization SET name = 'else'`],
  ['rcm_migrator', 'may not', `SELECT rcm_organization_of('$endpoint')`],
];
