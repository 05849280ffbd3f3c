import { isLongForm } from '@rcm/test-services';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callsOf, functionsFor, type HostileStatement, hostileValues, OTHER_STATEMENTS, sequencesOf, statementsOn } from './hostile-statements.fixture.ts';
import { openTakenOver, type TakenOver, WROTE } from './taken-over.fixture.ts';

/** Everything that the login can say, by the catalogue, so that a new table or function is asked too. */
async function everyStatement(o: TakenOver): Promise<HostileStatement[]> {
  const [functions, sequences] = [await functionsFor(o.w.t, o.login), await sequencesOf(o.w.t)];
  return [
    ...OTHER_STATEMENTS.map((text) => ({ text })),
    ...sequences.map(({ name }) => ({ text: `SELECT setval('${name}', 1)` })),
    ...functions.flatMap((each) => callsOf(each, o.w.other)),
    ...o.tables.flatMap((table) => statementsOn(table, o.w)),
  ];
}

/**
 * Sends them one by one and says which changed anything of anybody else, and what. In the short form nothing is sent that needs a right of which the login
 * was told that it lacks it, for whatever tenant.
 */
async function whatChanges(o: TakenOver, scope: string | null): Promise<string[]> {
  const changes: string[] = [];
  // Postgres says where it is, and nobody is asked: whoever calls it first has it noted.
  await o.send(scope, { text: 'SELECT * FROM public.rcm_note_place()' });
  let before = await o.notMine();
  for (const statement of await everyStatement(o)) {
    const right = statement.needs ?? statement.text;
    if (!isLongForm() && o.lacking.has(right)) continue;
    const sent = await o.send(scope, statement);
    if (sent.refused !== null && sent.byRights) o.lacking.add(right);
    // What was refused was rolled back; what wrote nothing changed nothing, and that is most of the rest.
    if (sent.refused !== null || !sent.wrote) continue;
    const after = await o.notMine();
    const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((part) => before[part] !== after[part]);
    if (changed.length > 0) changes.push(`${changed.join(', ')}: ${statement.text}`);
    before = after;
  }
  return changes;
}

describe('an agent’s login, taken over', () => {
  let o: TakenOver;
  beforeAll(async () => void (o = await openTakenOver('rcm_agent')));
  afterAll(() => o.close());

  test('meets every type of argument and column that the catalogue has with something hostile', async () => {
    const types = new Set([
      ...(await functionsFor(o.w.t, o.login)).flatMap(({ args }) => args),
      ...o.tables.flatMap(({ columns }) => columns.map(({ type }) => type)),
    ]);
    expect([...types].filter((type) => hostileValues(type, o.w.other) === null)).toEqual([]);
  });

  test('can change nothing in a transaction that is given no number, by which a change is found', async () => {
    const changes = [
      `UPDATE portal_type SET code = code WHERE code = 'alpine'`,
      'SELECT 1 FROM portal_type FOR KEY SHARE',
      ...(await sequencesOf(o.w.t)).map(({ name }) => `SELECT setval('${name}', 1)`),
      `SELECT lo_from_bytea(0, 'x')`,
      'SELECT lo_unlink(oid) FROM pg_largeobject_metadata',
      'CREATE TABLE mine (a int)',
      `COMMENT ON TABLE portal_type IS 'mine'`,
      'GRANT SELECT ON portal_type TO PUBLIC',
      'ALTER ROLE CURRENT_USER SET work_mem = 1024',
      `ROLLBACK; BEGIN`,
    ];
    const client = new pg.Client({ connectionString: o.w.t.url });
    await client.connect();
    try {
      const unseen = [];
      for (const text of [...changes, 'SELECT code FROM portal_type']) {
        await client.query(`BEGIN; SET LOCAL test.is_open = 'yes'`);
        await client.query(text);
        if ((await client.query<{ wrote: boolean }>(WROTE)).rows[0]?.wrote === false) unseen.push(text);
        await client.query('ROLLBACK');
      }
      expect(unseen).toEqual(['SELECT code FROM portal_type']);
    } finally {
      await client.end();
    }
  });

  test('is watched in every table that holds a row of anybody else, whatever its columns are called', async () => {
    const held = await o.notMine();
    const unwatched = [];
    for (const { name } of o.tables) {
      const [row] = await o.w.t.sql<{ others: boolean }>(
        `SELECT EXISTS (SELECT FROM ${name} r WHERE to_jsonb(r) ->> 'org_id' IS DISTINCT FROM 'mine' AND to_jsonb(r) ->> 'id' IS DISTINCT FROM 'mine') AS others`,
      );
      if (row?.others === true && held[name] === '') unwatched.push(name);
    }
    expect(unwatched).toEqual([]);
  });

  test('for one tenant changes nothing of another, of no tenant, of the queue or of the schema, whatever it sends', async () => {
    expect(await whatChanges(o, o.w.mine.orgId)).toEqual([]);
  });

  test('for all, which no agent works for, changes nothing either', async () => {
    expect(await whatChanges(o, '*')).toEqual([]);
  });

  test('for nobody takes and tidies tasks and notes messages and reads mailboxes, as agents do, and changes nothing else', async () => {
    const changes = await whatChanges(o, null);
    expect(
      changes.filter(
        (change) =>
          !/^public\.(portal_task|task_\w+)(, public\.task_\w+)*: SELECT \* FROM public\.rcm_(next_task|take_task|tidy_tasks|next_callback)\(|^public\.tenant_data_key: SELECT \* FROM public\.rcm_forget_data_keys\(|^public\.inbound_seen: SELECT \* FROM public\.rcm_note_message\(|^public\.mailbox_turn: SELECT \* FROM public\.rcm_(take|leave)_mailbox_turn\(/.test(
            change,
          ),
      ),
    ).toEqual([]);
    expect(changes.length).toBeGreaterThan(0);
    // For an hour at most, and nothing that ended less than a day ago.
    const [held] = await o.w.t.sql<{ long: number; ended: number }>(`
      SELECT (count(*) FILTER (WHERE claimed_until > clock_timestamp() + interval '1 hour'))::int AS long,
             (count(*) FILTER (WHERE state = 'succeeded' AND finished_at > now() - interval '1 day'))::int AS ended FROM portal_task WHERE org_id <> 'mine'`);
    expect(held).toEqual({ long: 0, ended: 4 });
  });

  test('cannot say for a tenant that it names what no agent says: times ahead, holds without an end, a rotation put off', async () => {
    const { orgId, endpointId, loginIdentity, uuid } = o.w.other;
    const place = `'${loginIdentity}', '${orgId}', '${endpointId}'`;
    const refused: readonly string[] = [
      `INSERT INTO login_lease (login_identity, org_id, endpoint_id, kind, fence, holder, acquired_at, expires_at) VALUES (${place}, 'shared', 1, 'h', now(), now() + interval '100 years')`,
      `UPDATE login_lease SET expires_at = 'infinity'`,
      `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at) VALUES (${place}, '${uuid}', 'agent', '1', now() + interval '1 year')`,
      `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at) VALUES (${place}, '${uuid}', 'agent', '1', now() - interval '1 year')`,
      `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, finished_at, outcome, effect) VALUES (${place}, '${uuid}', 'agent', '1', now(), now(), 'accepted', 'none')`,
      `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, finished_at, outcome, effect, throttled_until) VALUES (${place}, '${uuid}', 'agent', '1', now(), now(), 'not_submitted', 'none', 'infinity')`,
      `UPDATE login_attempt SET outcome = 'throttled', effect = 'none', finished_at = now(), throttled_until = 'infinity'`,
      `UPDATE login_attempt SET outcome = 'rejected', effect = 'bad', finished_at = now(), rests_until = now() + interval '1 year'`,
      `UPDATE login_attempt SET outcome = 'accepted', effect = 'none', finished_at = now() + interval '1 year'`,
      `UPDATE portal_task SET claimed_until = 'infinity' WHERE state = 'running'`,
      `UPDATE portal_task SET not_before = 'infinity'`,
      `UPDATE portal_task SET state = 'succeeded', claimed_until = NULL, finished_at = 'infinity' WHERE state = 'running'`,
      `UPDATE integration_endpoint SET next_rotation_at = NULL`,
      `UPDATE integration_endpoint SET next_rotation_at = 'infinity'`,
      `UPDATE login_identity SET last_totp_step = 9223372036854775807`,
      `INSERT INTO notice (kind, dedup_key, org_id, endpoint_id) VALUES ('blocked', 'blocked:${uuid}', '${orgId}', '${endpointId}')`,
      `INSERT INTO rotation_request (org_id, endpoint_id, kind, chosen_version, actor, reason) VALUES ('${orgId}', '${endpointId}', 'rollback', '1', 'a', 'r')`,
    ];
    const answers = await Promise.all(refused.map((text) => o.send(orgId, { text })));
    expect(refused.filter((_, place_) => !['42501', '23514'].includes(answers[place_]?.refused ?? ''))).toEqual([]);
  });
});

describe.each(['rcm_console', 'rcm_operator'] as const)('a login of %s, taken over', (role) => {
  let o: TakenOver;
  beforeAll(async () => void (o = await openTakenOver(role)));
  afterAll(() => o.close());

  test.each([
    ['one tenant', 'mine'],
    ['all', '*'],
    ['nobody', null],
  ])('for %s changes nothing of another, of no tenant, of the queue or of the schema, whatever it sends', async (_whom, scope) => {
    expect(await o.send(scope, { text: 'SELECT id FROM integration_endpoint' })).toEqual({ refused: null, wrote: false });
    expect(await whatChanges(o, scope)).toEqual([]);
  });
});
