import { RcmError } from '@rcm/telemetry';
import type { Transaction } from '../database.ts';

/** What a process is to the database; made by the migrations, cannot log in. Logins are members of exactly one (docs/database-roles.md). */
export const APP_ROLES = ['rcm_agent', 'rcm_rotator', 'rcm_migrator'] as const;
export type AppRole = (typeof APP_ROLES)[number];

interface Login {
  readonly name: string;
  readonly isAboveRows: boolean;
  readonly isOwner: boolean;
  readonly roles: readonly string[];
}

/**
 * Refuses to work as anybody but a plain member of `role`: a superuser, the tables' owner or a member of several roles, Postgres's own
 * among them (`pg_read_all_data` reads every column, `pg_monitor` others' statements), could see what the process must not. Fails with `config_invalid`, saying what is wrong with the login.
 */
export async function checkAppRole(tx: Transaction, role: AppRole): Promise<void> {
  const [login] = await tx.$queryRaw<Login[]>`
    SELECT r.rolname AS name, EXISTS (SELECT FROM pg_roles m WHERE (m.rolsuper OR m.rolbypassrls) AND pg_has_role(r.oid, m.oid, 'MEMBER')) AS "isAboveRows",
           EXISTS (SELECT FROM pg_class c WHERE c.relname = 'login_identity' AND c.relkind = 'r' AND pg_has_role(r.oid, c.relowner, 'MEMBER')) AS "isOwner",
           ARRAY(SELECT m.rolname::text FROM pg_roles m WHERE (m.rolname = ANY (${[...APP_ROLES, 'rcm_internal']}) OR m.rolname LIKE 'pg\\_%')
                    AND pg_has_role(r.oid, m.oid, 'MEMBER') ORDER BY 1) AS roles
      FROM pg_roles r WHERE r.rolname = current_user`;
  const problem = login ? problemOf(login, role) : 'it has no login in pg_roles';
  if (problem)
    throw new RcmError(
      'config_invalid',
      `This process must log in to Postgres as a member of ${role} and of nothing else: ${problem}. See docs/database-roles.md.`,
    );
}

function problemOf({ name, isAboveRows, isOwner, roles }: Login, role: AppRole): string | null {
  if (isAboveRows) return `${name} is beyond row level security (a superuser, or BYPASSRLS, itself or by membership)`;
  if (isOwner) return `${name} owns the tables`;
  if (!roles.includes(role)) return `${name} is no member of it`;
  const others = roles.filter((other) => other !== role);
  return others.length > 0 ? `${name} is also a member of ${others.join(', ')}` : null;
}
