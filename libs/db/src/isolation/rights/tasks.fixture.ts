import { APP_ROLES, CONSOLE_ROLE } from '../../roles/app-role.ts';
import { attempt, type Right, task } from './statements.fixture.ts';

/** Tasks of a portal, who asks for them, and who is called back. */
export const TASKS: readonly Right[] = [
  ['rcm_agent', 'may', task(`'token:anna', 'https://identity.example/'`)],
  ['rcm_agent', 'may', task(`'terminal:root@host', NULL`)],
  ['rcm_agent', 'may not', task('NULL, NULL')],
  ['rcm_agent', 'may not', task(`'person:the-ceo', NULL`)],
  ['rcm_agent', 'may not', task(`'token:anna', NULL`)],
  ['rcm_agent', 'may not', `UPDATE portal_task SET requested_by = 'token:ben'`],
  ['rcm_agent', 'may', attempt(`'$uuid'`)],
  ['rcm_agent', 'may not', attempt('gen_random_uuid()')],
  ['rcm_rotator', 'may not', attempt(`'$uuid'`)],
  ...APP_ROLES.flatMap((role): Right[] => [
    [role, 'may not', 'SELECT 1 FROM task_callback'],
    [role, 'may not', `INSERT INTO task_callback (task_id, org_id, name, ended_at) VALUES ('$uuid', '$org', 'another', now())`],
    [role, 'may not', 'UPDATE task_callback SET delivered_at = now()'],
    [role, 'may not', 'DELETE FROM task_callback'],
    [role, 'may not', 'SELECT 1 FROM task_callback_receiver'],
    [role, 'may not', `UPDATE portal_task SET callback = 'another'`],
  ]),
  ...APP_ROLES.flatMap((role): Right[] =>
    ['SELECT rcm_callback_waits()', `SELECT count(*) FROM rcm_next_callback('1 minute')`, `SELECT rcm_end_callback_try('$uuid', 0, NULL, NULL)`].map(
      (statement) => [role, role === 'rcm_agent' ? 'may' : 'may not', statement],
    ),
  ),
  ...([...APP_ROLES, CONSOLE_ROLE] as const).map((role) => [role, 'may not', `SELECT rcm_tell_again('$uuid', 'person:os:jane', 'why')`] as const),
  ['rcm_rotator', 'may not', 'SELECT 1 FROM portal_task'],
  ['rcm_migrator', 'may not', 'SELECT 1 FROM portal_task'],
  ['rcm_rotator', 'may not', "SELECT * FROM rcm_take_task('w', interval '1 min', NULL, NULL)"],
  ['rcm_rotator', 'may not', "SELECT * FROM rcm_tidy_tasks(interval '0', 1)"],
];
