import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openTestDatabase } from '../testing.fixture.ts';

const PAGE = readFileSync(new URL('../../../../docs/database-roles.md', import.meta.url), 'utf8');

const FUNCTIONS = PAGE.split('| function | for | answers, or does |')[1]?.split('\n\n')[0] ?? '';
const EVERY_ROLE = ['agent', 'auditor', 'console', 'head_writer', 'migrator', 'operator', 'rotator'];

/** Each function of the page's table, with the roles that it is said to be for. */
const saidByPage = (): Record<string, readonly string[]> =>
  Object.fromEntries(
    [...FUNCTIONS.matchAll(/^\| (`rcm_[^|]+) \| ([^|]+) \|/gm)].flatMap(([, functions = '', roles = '']) =>
      [...functions.matchAll(/\w+/g)].map(([name]) => [name, roles === 'all seven' ? EVERY_ROLE : roles.split(', ').sort()]),
    ),
  );

test('docs/database-roles.md names every function that does more than its caller may, and who may call it', async () => {
  const t = await openTestDatabase();
  try {
    const functions = await t.sql<{ name: string; roles: string[] }>(
      `SELECT p.proname AS name, array_agg(DISTINCT replace(a.grantee::regrole::text, 'rcm_', '')) AS roles
         FROM pg_proc p CROSS JOIN aclexplode(p.proacl) a
        WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef AND p.prorettype <> 'trigger'::regtype AND a.grantee <> p.proowner
        GROUP BY 1`,
    );
    expect(functions.length).toBeGreaterThan(40);
    expect(saidByPage()).toEqual(Object.fromEntries(functions.map(({ name, roles }) => [name, roles.sort()])));
  } finally {
    await t.close();
  }
});
