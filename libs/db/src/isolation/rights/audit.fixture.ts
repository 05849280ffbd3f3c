import { APP_ROLES, OPERATOR_ROLE, READER_ROLES } from '../../roles/app-role.ts';
import { event, person, type Right } from './statements.fixture.ts';

/** By whose name a role may write an audit event. */
export const ACTORS: readonly Right[] = [
  ...(['rcm_agent', 'rcm_rotator', 'rcm_migrator'] as const).flatMap((role): Right[] => [
    ...['person:os:jane', 'person', 'person the-ceo', 'Person:os:jane', ' person:os:jane', 'реrson:os:jane', 'sql:postgres', ''].map(
      (actor) => [role, 'may not', event(actor)] as const,
    ),
    [role, role === 'rcm_agent' ? 'may not' : 'may', person('person:os:jane')],
  ]),
  ...['person:os:jane says the-ceo', 'person:sts:arn:aws:sts::123456789012:assumed-role/Ops/jane'].map(
    (actor) => ['rcm_rotator', 'may', person(actor)] as const,
  ),
  ...(['rcm_agent', 'rcm_rotator'] as const).flatMap((role): Right[] => {
    const own = role === 'rcm_agent' ? ['token:anna', 'terminal:root@host', 'web-agent@host:1'] : ['rotator@host:1', 'migrator'];
    const others = role === 'rcm_agent' ? ['rotator@host:1', 'rotator', 'migrator'] : ['token:anna', 'terminal:root@host', 'web-agent@host:1'];
    return [...own.map((actor) => [role, 'may', event(actor)] as const), ...others.map((actor) => [role, 'may not', event(actor)] as const)];
  }),
];

/** The audit trail, those that read it, and what checks it. */
export const AUDIT: readonly Right[] = [
  ...APP_ROLES.flatMap((role): Right[] => [
    [role, 'may', event()],
    [role, 'may not', 'SELECT 1 FROM audit_event'],
  ]),
  ...READER_ROLES.flatMap((role): Right[] => [
    [role, 'may', 'SELECT org_id, seq, hash FROM audit_event'],
    [role, role === 'rcm_auditor' ? 'may' : 'may not', 'SELECT * FROM audit_event'],
    [role, role === 'rcm_auditor' ? 'may' : 'may not', 'SELECT details FROM audit_event'],
    [role, 'may not', event()],
    [role, 'may not', 'SELECT 1 FROM organization'],
    [role, 'may not', 'SELECT 1 FROM portal_type'],
    [role, 'may not', 'SELECT 1 FROM integration_endpoint'],
    [role, 'may not', 'SELECT 1 FROM rotation_claim'],
    [role, 'may not', 'SELECT 1 FROM audit_event FOR UPDATE'],
    [role, 'may not', `SELECT nextval('login_fence')`],
    [role, 'may not', `SELECT rcm_locked_until('$login')`],
    [role, 'may not', `INSERT INTO audit_check (org_id, actor, reason) VALUES ('$org', 'person:os:jane', 'r')`],
    [role, 'may not', 'DELETE FROM audit_check'],
    [role, 'may not', 'SELECT actor, reason FROM audit_check'],
    [
      role,
      role === 'rcm_head_writer' ? 'may' : 'may not',
      `UPDATE audit_check SET taken_at = now(), taken_by = 'audit@host:1', ended_at = now(), outcome = 'failed', code = 'x'`,
    ],
  ]),
  ['rcm_console', 'may', `INSERT INTO audit_check (org_id, actor, reason) VALUES ('$org', 'person:os:jane', 'r')`],
  ['rcm_console', 'may', 'SELECT * FROM audit_check'],
  ['rcm_console', 'may not', `UPDATE audit_check SET reason = 'r'`],
  ['rcm_console', 'may not', 'DELETE FROM audit_check'],
  ['rcm_console', 'may not', `INSERT INTO audit_check (org_id, actor, reason, taken_at) VALUES ('$org', 'person:os:jane', 'r', now())`],
  ...([...APP_ROLES, OPERATOR_ROLE] as const).map((role) => [role, 'may not', 'SELECT 1 FROM audit_check'] as const),
];
