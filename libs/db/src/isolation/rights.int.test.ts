import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CONSOLE_ROLE } from '../roles/app-role.ts';
import { ASKED_ACTS } from './rights/asked-acts.fixture.ts';
import { ACTORS, AUDIT } from './rights/audit.fixture.ts';
import { BACKUPS } from './rights/backups.fixture.ts';
import { CODES } from './rights/codes.fixture.ts';
import { CONSOLE } from './rights/console.fixture.ts';
import { ENDPOINTS } from './rights/endpoints.fixture.ts';
import { EVERYBODY } from './rights/everybody.fixture.ts';
import { KEYS } from './rights/keys.fixture.ts';
import { LOGINS } from './rights/logins.fixture.ts';
import { MIGRATION } from './rights/migration.fixture.ts';
import { OPERATOR } from './rights/operator.fixture.ts';
import { PORTALS } from './rights/portals.fixture.ts';
import { ROTATIONS } from './rights/rotations.fixture.ts';
import { asked, type Right } from './rights/statements.fixture.ts';
import { TASKS } from './rights/tasks.fixture.ts';
import { openTwoTenants, type TwoTenants } from './two-tenants.fixture.ts';

let w: TwoTenants;
beforeAll(async () => void (w = await openTwoTenants()));
afterAll(() => w.close());

const DENIED = { refused: '42501' };

/** By what they are rights to; the last ones by who has them. */
const RIGHTS: readonly Right[] = [
  ...ENDPOINTS,
  ...ROTATIONS,
  ...LOGINS,
  ...ACTORS,
  ...AUDIT,
  ...TASKS,
  ...CODES,
  ...PORTALS,
  ...KEYS,
  ...MIGRATION,
  ...ASKED_ACTS,
  ...BACKUPS,
  ...OPERATOR,
  ...CONSOLE,
  ...EVERYBODY,
];

describe('within its own tenant', () => {
  test.each(RIGHTS)('%s %s: %s', async (role, may, statement) => {
    const { orgId, endpointId, loginIdentity, uuid } = w.mine;
    const text = statement.replaceAll('$org', orgId).replaceAll('$endpoint', endpointId).replaceAll('$login', loginIdentity).replaceAll('$uuid', uuid);
    const outcome = await w.ask(role, orgId, text);
    if (may === 'may') expect(outcome).toEqual({ rows: 1 });
    else expect(outcome).toEqual(DENIED);
  });

  test.each(['rcm_agent', 'rcm_rotator'] as const)('%s cannot say a second word about a login', async (role) => {
    await w.t.sql(`UPDATE login_attempt SET outcome = 'rejected', effect = 'bad', finished_at = now() WHERE org_id = $1`, [w.mine.orgId]);
    expect(await w.ask(role, w.mine.orgId, `UPDATE login_attempt SET outcome = 'accepted', effect = 'none'`)).toEqual({ rows: 0 });
    await w.t.sql(`UPDATE login_attempt SET outcome = NULL, effect = NULL, finished_at = NULL WHERE org_id = $1`, [w.mine.orgId]);
  });
});

test.each([
  ['nobody', 'because'],
  ['person:os:jane', ' '],
])('what %j asks for the reason %j is no person’s word', async (actor, reason) => {
  const text = asked(actor, reason).replace('$org', w.mine.orgId).replace('$endpoint', w.mine.endpointId);
  expect(await w.ask(CONSOLE_ROLE, w.mine.orgId, text)).toEqual({ refused: '23514' });
});

test('the roles cannot log in and have no power of their own', async () => {
  const roles = await w.t.sql(
    `SELECT rolname, rolcanlogin OR rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication AS power,
            ARRAY(SELECT roleid::regrole::text FROM pg_auth_members m WHERE m.member = r.oid) AS member_of FROM pg_roles r WHERE rolname LIKE 'rcm\\_%' ORDER BY 1`,
  );
  expect(roles).toEqual(
    ['rcm_agent', 'rcm_auditor', 'rcm_console', 'rcm_head_writer', 'rcm_internal', 'rcm_migrator', 'rcm_operator', 'rcm_rotator'].map((rolname) => ({
      rolname,
      power: false,
      member_of: [],
    })),
  );
});

test('every function that runs with more than its caller’s rights is rcm_internal’s, has a fixed search path, and is not for everybody', async () => {
  const functions = await w.t.sql<{ name: string }>(`
    SELECT p.proname AS name, p.proowner::regrole::text AS owner, coalesce(p.proconfig::text LIKE '{"search_path=pg_catalog%', false) AS fixed,
           p.prorettype = 'trigger'::regtype OR NOT EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0) AS closed
      FROM pg_proc p WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace ORDER BY 1`);
  expect(functions.length).toBeGreaterThanOrEqual(8);
  expect(functions).toEqual(functions.map(({ name }) => ({ name, owner: 'rcm_internal', fixed: true, closed: true })));
});

/** Whoever replaces one of them in a migration says so again (20261224020000_planned_once), or each call is planned anew. */
test('functions that are asked for every login have one plan a connection', async () => {
  const planned = await w.t.sql<{ name: string }>(
    `SELECT proname AS name FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND 'plan_cache_mode=force_generic_plan' = ANY (proconfig) ORDER BY 1`,
  );
  expect(planned.map(({ name }) => name)).toEqual([
    'rcm_ask_code',
    'rcm_code_rest',
    'rcm_end_code_turn',
    'rcm_live_leases',
    'rcm_lock_ends',
    'rcm_locked_until',
    'rcm_login_ledger',
    'rcm_login_limits',
    'rcm_open_rotation',
    'rcm_password_record',
    'rcm_portal_health',
    'rcm_refused_lately',
    'rcm_take_code',
    'rcm_take_code_turn',
    'rcm_told_lock_until',
  ]);
});
