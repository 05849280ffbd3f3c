import type { Database } from '../database.ts';
import { ALL_ROLES, type AppRole, loginProblem, type Problem } from './app-role.ts';

/** A role of the platform and who logs in as a member of it. */
export interface RoleLogins {
  readonly role: AppRole;
  /** Made by the migrations, unless nobody who applied them may create roles. */
  readonly exists: boolean;
  /** `problem`: why a process that logs in so would refuse to work; `null`: it would not. */
  readonly logins: readonly { readonly name: string; readonly problem: Problem | null }[];
}

/** Every role of the platform with its logins, each looked at as the process itself does at its start. For whoever may read the catalogue: everybody. */
export async function roleLogins(db: Database): Promise<readonly RoleLogins[]> {
  return db.transaction('no tenant', async (tx) => {
    const found: RoleLogins[] = [];
    for (const role of ALL_ROLES) {
      const members = await tx.$queryRaw<{ name: string | null }[]>`
        SELECT l.rolname::text AS name FROM pg_roles r LEFT JOIN pg_auth_members m ON m.roleid = r.oid LEFT JOIN pg_roles l ON l.oid = m.member AND l.rolcanlogin
         WHERE r.rolname = ${role} ORDER BY 1`;
      const logins = [];
      for (const { name } of members) if (name !== null) logins.push({ name, problem: await loginProblem(tx, name, role) });
      found.push({ role, exists: members.length > 0, logins });
    }
    return found;
  });
}
