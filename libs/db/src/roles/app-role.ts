import { RcmError } from '@rcm/telemetry';
import type { Transaction } from '../database.ts';
import { GRANTED_TO_EVERYBODY, OPEN_POLICIES, ownRights } from './rights-beyond.ts';

/** What a process is to the database; made by the migrations, cannot log in. Logins are members of exactly one (docs/database-roles.md). */
export const APP_ROLES = ['rcm_agent', 'rcm_rotator', 'rcm_migrator'] as const;
/** Those that read the audit trail and nothing else, and write nothing. */
export const READER_ROLES = ['rcm_auditor', 'rcm_head_writer'] as const;
/** The person who looks after the logins: sees the books of every tenant, and no payload, task data or event's details. */
export const OPERATOR_ROLE = 'rcm_operator';
/** The console's process: what an operator sees, a pause of one login, and rows that ask a rotator for an act. */
export const CONSOLE_ROLE = 'rcm_console';
export const ALL_ROLES = [...APP_ROLES, ...READER_ROLES, OPERATOR_ROLE, CONSOLE_ROLE] as const;
export type AppRole = (typeof ALL_ROLES)[number];

/** What the catalogue says of a login, with every role that it is a member of, by whatever way. */
interface Login {
  readonly name: string;
  /** Attributes that a role of these has, as `role ATTRIBUTE`. */
  readonly powers: readonly string[];
  readonly isOwner: boolean;
  readonly roles: readonly string[];
  /** Roles that it may give to others. */
  readonly mayGive: readonly string[];
  readonly mayCreate: boolean;
  /** Settings that its sessions begin with and that decide what a statement means. */
  readonly settings: readonly string[];
}

/** What is wrong, and what to run against it. */
export interface Problem {
  readonly is: string;
  readonly run: string;
}

/**
 * Refuses to work as anybody but a plain member of `role`: whoever has an attribute (a superuser, REPLICATION reads every file of the server,
 * CREATEROLE makes itself a member of others), owns the tables, is a member of several roles, Postgres's own among them (`pg_read_all_data`
 * reads every column, `pg_write_server_files` writes the server's), or has rights of its own could do what the process must not; and so could
 * every login, where the tables are open to PUBLIC. Fails with `config_invalid`, saying what is wrong with the login and what to run.
 */
export async function checkAppRole(tx: Transaction, role: AppRole): Promise<void> {
  const [self] = await tx.$queryRaw<{ name: string }[]>`SELECT current_user::text AS name`;
  const problem = await loginProblem(tx, self?.name ?? '', role);
  if (problem) throw refused(role, problem);
}

/** What keeps a login from being a plain member of `role` and of nothing else; `null`: nothing. */
export async function loginProblem(tx: Transaction, login: string, role: AppRole): Promise<Problem | null> {
  const [found] = await tx.$queryRaw<Login[]>`
    WITH RECURSIVE own AS (
      SELECT r.oid, r.rolname::text AS name FROM pg_roles r WHERE r.rolname = ${login}
    ), mine AS (
      SELECT o.oid FROM own o UNION SELECT m.roleid FROM mine JOIN pg_auth_members m ON m.member = mine.oid
    ), roles AS (
      SELECT r.* FROM pg_roles r WHERE r.oid IN (SELECT oid FROM mine)
    )
    SELECT o.name,
           ARRAY(SELECT r.rolname::text || ' ' || a.attribute FROM roles r,
                        LATERAL (VALUES ('SUPERUSER', r.rolsuper), ('BYPASSRLS', r.rolbypassrls), ('REPLICATION', r.rolreplication), ('CREATEROLE', r.rolcreaterole),
                                        ('CREATEDB', r.rolcreatedb)) a (attribute, has) WHERE a.has ORDER BY a.attribute <> 'SUPERUSER', r.rolname, a.attribute) AS powers,
           EXISTS (SELECT FROM pg_class c WHERE c.relname = 'login_identity' AND c.relkind = 'r' AND pg_has_role(o.oid, c.relowner, 'MEMBER')) AS "isOwner",
           ARRAY(SELECT r.rolname::text FROM roles r WHERE r.oid <> o.oid ORDER BY 1) AS roles,
           ARRAY(SELECT m.roleid::regrole::text FROM pg_auth_members m WHERE m.member IN (SELECT oid FROM mine) AND m.admin_option ORDER BY 1) AS "mayGive",
           has_database_privilege(o.oid, current_database(), 'CREATE') OR has_schema_privilege(o.oid, 'public', 'CREATE') AS "mayCreate",
           ARRAY(SELECT split_part(c.setting, '=', 1) FROM pg_db_role_setting s, unnest(s.setconfig) c (setting)
                  WHERE s.setrole IN (0, o.oid) AND s.setdatabase IN (0, (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
                    AND split_part(c.setting, '=', 1) IN ('app.tenant_id', 'role', 'search_path', 'row_security', 'session_replication_role') ORDER BY 1) AS settings
      FROM own o`;
  if (!found) return { is: 'it has no login in pg_roles', run: `CREATE ROLE … LOGIN; GRANT ${role} TO …` };
  return problemOf(found, role) ?? rightsBeyond(tx, found.name, role);
}

const refused = (role: AppRole, { is, run }: Problem): RcmError =>
  new RcmError(
    'config_invalid',
    `This process must log in to Postgres as a member of ${role} and of nothing else: ${is}. Nothing was read or changed. As an administrator run: ${run}; (docs/database-roles.md)`,
  );

function problemOf({ name, powers, isOwner, roles, mayGive, mayCreate, settings }: Login, role: AppRole): Problem | null {
  const another = `CREATE ROLE … LOGIN PASSWORD '…'; GRANT ${role} TO …`;
  const [power] = powers;
  if (power !== undefined) return beyondPlain(name, power, another);
  if (isOwner) return { is: `${name} owns the tables`, run: another };
  if (!roles.includes(role)) return { is: `${name} is no member of it`, run: `GRANT ${role} TO ${quoted(name)}` };
  const others = roles.filter((other) => other !== role);
  if (others.length > 0) return { is: `${name} is also a member of ${others.join(', ')}`, run: `REVOKE ${others.map(quoted).join(', ')} FROM ${quoted(name)}` };
  if (mayGive.length > 0)
    return { is: `${name} may give ${mayGive.join(', ')} to others`, run: `REVOKE ADMIN OPTION FOR ${mayGive.join(', ')} FROM ${quoted(name)} CASCADE` };
  if (mayCreate)
    return {
      is: `${name} may create schemas in the database, or objects in the schema public`,
      run: `REVOKE CREATE ON DATABASE … FROM PUBLIC, ${quoted(name)}, ${role}; REVOKE CREATE ON SCHEMA public FROM PUBLIC, ${quoted(name)}, ${role}`,
    };
  const [setting] = settings;
  if (setting !== undefined)
    return {
      is: `${setting} is set for sessions of ${name}, or for all of the database`,
      run: `ALTER ROLE ${quoted(name)} RESET ${setting}; ALTER DATABASE … RESET ${setting}`,
    };
  return null;
}

/** `power`: `role ATTRIBUTE`. From a superuser nothing is taken: it is another login that is wanted. */
function beyondPlain(name: string, power: string, another: string): Problem {
  const [who = name, attribute = ''] = power.split(' ');
  const whose = who === name ? '' : ` as a member of ${who}`;
  if (attribute === 'SUPERUSER') return { is: `${name} is beyond a plain login (a superuser${whose})`, run: another };
  return { is: `${name} is beyond a plain login (${attribute}${whose})`, run: `ALTER ROLE ${quoted(who)} NO${attribute}` };
}

/** Rights that the login has by itself, and not by its role; and what every login has. */
async function rightsBeyond(tx: Transaction, name: string, role: AppRole): Promise<Problem | null> {
  const [own] = await tx.$queryRaw<{ what: string; run: string }[]>(ownRights(name));
  if (own) return { is: `${name} has rights beyond ${role}'s: ${own.what}`, run: own.run };
  const [open] = await tx.$queryRaw<{ what: string; run: string }[]>(GRANTED_TO_EVERYBODY);
  if (open) return { is: `every login may use ${open.what}, ${name} too`, run: open.run };
  const [policy] = await tx.$queryRaw<{ what: string; run: string }[]>(OPEN_POLICIES);
  return policy ? { is: `${policy.what} opens rows to ${name}`, run: policy.run } : null;
}

const quoted = (name: string): string => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`);
