import { roleLogins } from '@rcm/db/admin';
import { asOwner } from '../database/owner.ts';
import type { Report } from '../report.ts';
import { type Cell, table } from '../table.ts';

/** Which logins are members of which role, and which of them a process would refuse to work with. Well where none is. */
export async function dbRoles(environment: NodeJS.ProcessEnv): Promise<Report> {
  const roles = await asOwner(environment, roleLogins);
  const well = roles.every(({ exists, logins }) => exists && logins.every(({ problem }) => problem === null));
  return {
    json: { roles },
    lines(view) {
      const rows = roles.flatMap(({ role, exists, logins }): Cell[][] => {
        if (!exists) return [[{ text: role }, { text: '' }, { text: 'is missing: rcm db migrate', style: 'red' }]];
        if (logins.length === 0)
          return [[{ text: role }, { text: '–' }, { text: `nobody logs in: CREATE ROLE … LOGIN PASSWORD '…'; GRANT ${role} TO …`, style: 'dim' }]];
        return logins.map(({ name, problem }) => [
          { text: role },
          { text: name },
          problem === null ? { text: 'ok', style: 'green' } : { text: `${problem.is}; run: ${problem.run}`, style: 'red' },
        ]);
      });
      return table(view, [{ title: 'ROLE' }, { title: 'LOGIN' }, { title: 'STATE', shrinks: true }], rows);
    },
    well,
  };
}
