import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { createPortalTask } from '../tasks/queue.ts';
import { makeEndpoint, openTestDatabase, plannedAttempt, REQUESTER, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { changedBetween, MARKED, type Marked, type Marks, type MarksAsked, MOST_MARKS, readMarks } from './marks.ts';

let t: TestDatabase;
let shown: Database;
let mine: TestEndpoint;
let other: TestEndpoint;
beforeAll(async () => {
  t = await openTestDatabase();
  shown = t.another('rcm_console');
  [mine, other] = [await makeEndpoint(t.db), await makeEndpoint(t.db)];
});
afterAll(() => t.close());

const ALL: ReadonlySet<Marked> = new Set(MARKED);
const read = (asked: Partial<MarksAsked> = {}): Promise<Marks> =>
  readMarks(shown, { what: ALL, organizations: [], beyond: 'every tenant', endpoints: [mine.endpointId, other.endpointId], ...asked });
const ofMine = () => read({ organizations: [mine.orgId], beyond: 'nothing' });
const changed = (before: Marks, after: Marks) => changedBetween(before, after).map(({ what, orgId }) => `${what} of ${orgId}`);

const refuse = (endpoint: TestEndpoint) =>
  t.sql(
    `INSERT INTO login_attempt (id, login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, finished_at, outcome, effect, process)
     VALUES (gen_random_uuid(), $1, $2, $3, gen_random_uuid(), 'agent', '1', clock_timestamp(), clock_timestamp(), 'rejected', 'bad', 'web-agent@host:1')`,
    [endpoint.loginIdentity, endpoint.orgId, endpoint.endpointId],
  );
const ask = async (endpoint: TestEndpoint) =>
  (await createPortalTask(t.agent, { orgId: endpoint.orgId, endpointId: endpoint.endpointId, name: 'n', input: {}, requester: REQUESTER })).taskId;

/** What happens to one login, by what shows it. Each is done to `mine` and to `other` in turn. */
const CHANGES: Readonly<Record<string, { readonly what: Marked; change(endpoint: TestEndpoint): Promise<unknown> }>> = {
  'a rotation is planned': { what: 'rotation', change: (endpoint) => plannedAttempt(t.db, endpoint) },
  'a rotation goes on': {
    what: 'rotation',
    change: ({ endpointId }) => t.sql(`UPDATE rotation_attempt SET state = 'staged', updated_at = clock_timestamp() WHERE endpoint_id = $1`, [endpointId]),
  },
  'a rotation ends': {
    what: 'rotation',
    change: ({ endpointId }) => t.sql(`UPDATE rotation_attempt SET state = 'abandoned', ended_at = now() WHERE endpoint_id = $1`, [endpointId]),
  },
  'a login is refused': { what: 'refusal', change: refuse },
  'it is refused once more': { what: 'refusal', change: refuse },
  'one that is looked at logs in': { what: 'login', change: refuse },
  'a task is asked for': { what: 'task', change: ask },
  'a task is taken': {
    what: 'task',
    change: ({ endpointId }) =>
      t.sql(
        `UPDATE portal_task SET state = 'running', worker = 'w', tries = 1, started_at = now(), claimed_until = now() + interval '1 minute' WHERE endpoint_id = $1`,
        [endpointId],
      ),
  },
  'a task ends': {
    what: 'task',
    change: ({ endpointId }) =>
      t.sql(`UPDATE portal_task SET state = 'succeeded', claimed_until = NULL, finished_at = now() WHERE endpoint_id = $1`, [endpointId]),
  },
  'a login is paused': {
    what: 'pause',
    change: ({ orgId, endpointId }) =>
      t.sql(`INSERT INTO rotation_pause (org_id, endpoint_id, actor, reason) VALUES ($1, $2, 'person:os:jane', 'r')`, [orgId, endpointId]),
  },
  'it goes on': { what: 'pause', change: ({ endpointId }) => t.sql(`DELETE FROM rotation_pause WHERE endpoint_id = $1`, [endpointId]) },
  'something is asked for': {
    what: 'act',
    change: ({ orgId, endpointId }) =>
      t.sql(`INSERT INTO login_request (org_id, endpoint_id, kind, actor, reason) VALUES ($1, $2, 'verify', 'person:os:jane', 'r')`, [orgId, endpointId]),
  },
  'a rotator takes it': {
    what: 'act',
    change: ({ endpointId }) => t.sql(`UPDATE login_request SET taken_at = now(), taken_by = 'rotator@host:1' WHERE endpoint_id = $1`, [endpointId]),
  },
  'it is done': {
    what: 'act',
    change: ({ endpointId }) => t.sql(`UPDATE login_request SET ended_at = now(), outcome = 'done' WHERE endpoint_id = $1`, [endpointId]),
  },
  'a rotator waits for what is to be typed': {
    what: 'act',
    change: async ({ orgId, endpointId }) => {
      await t.sql(`INSERT INTO login_request (org_id, endpoint_id, kind, actor, reason) VALUES ($1, $2, 'set', 'person:os:jane', 'r')`, [orgId, endpointId]);
      await read();
      await t.sql(
        `INSERT INTO login_typing (request_id, org_id, public_key, open_until)
         SELECT id, org_id, decode(repeat('00', 44), 'hex'), now() + interval '5 minutes' FROM login_request WHERE endpoint_id = $1 AND kind = 'set'`,
        [endpointId],
      );
    },
  },
  'it was typed': {
    what: 'act',
    change: ({ orgId }) => t.sql(`UPDATE login_typing SET typed_by = 'person:os:jane', sealed = decode(repeat('00', 8252), 'hex') WHERE org_id = $1`, [orgId]),
  },
  'somebody is told': {
    what: 'notice',
    change: ({ orgId, endpointId }) => t.sql(`INSERT INTO notice (kind, dedup_key, org_id, endpoint_id) VALUES ('failed', 'k', $1, $2)`, [orgId, endpointId]),
  },
  'it has reached somebody': {
    what: 'notice',
    change: ({ endpointId }) =>
      t.sql(
        `INSERT INTO notice_delivery (notice_id, channel, tries, not_before, delivered_at) SELECT id, 'log', 1, now(), now() FROM notice WHERE endpoint_id = $1`,
        [endpointId],
      ),
  },
};

test.each(Object.entries(CHANGES))(
  '%s: it is a change for its organization and for whoever sees all, and none for another',
  async (_title, { what, change }) => {
    const [own, all] = [await ofMine(), await read()];
    await change(other);
    expect(changed(own, await ofMine())).toEqual([]);
    expect(changed(all, await read())).toContain(`${what} of ${other.orgId}`);
    await change(mine);
    const seen = changed(own, await ofMine());
    expect(seen).toContain(`${what} of ${mine.orgId}`);
    expect(seen.filter((each) => !each.endsWith(` of ${mine.orgId}`))).toEqual([]);
  },
);

test('a refusal of an account that two organizations use is a change for the one that met it', async () => {
  const [one, two] = [await makeEndpoint(t.db), await makeEndpoint(t.db)];
  await t.sql('UPDATE integration_endpoint SET login_identity = $1 WHERE id = $2', [one.loginIdentity, two.endpointId]);
  const of = ({ orgId, endpointId }: TestEndpoint) => read({ organizations: [orgId], beyond: 'nothing', endpoints: [endpointId] });
  const before = [await of(one), await of(two)] as const;
  await refuse(one);
  expect([changed(before[0], await of(one)).length > 0, changed(before[1], await of(two))]).toEqual([true, []]);
});

test('what is of no tenant is given to each that is asked about, and a portal’s breaker only where there is a login', async () => {
  const bare = 'hospital-without';
  await t.sql(`INSERT INTO organization (id, name) VALUES ('${bare}', 'n')`);
  const whose = async (what: Marked, organizations: readonly string[], beyond: MarksAsked['beyond'] = 'nothing') =>
    (await readMarks(shown, { what: new Set([what]), organizations, beyond, endpoints: [] })).marks
      .filter(({ endpointId }) => endpointId === null)
      .map(({ orgId }) => orgId);
  await t.sql(`INSERT INTO rotation_pause (actor, reason) VALUES ('person:os:jane', 'r')`);
  await t.sql(`INSERT INTO portal_gate (portal_type_code, opened_at, cause) SELECT code, now(), 'page_changed' FROM portal_type
     ON CONFLICT (portal_type_code) DO UPDATE SET opened_at = excluded.opened_at, cause = excluded.cause, closed_at = NULL, closed_by = NULL`);
  expect((await whose('pause', [mine.orgId, bare])).sort()).toEqual([mine.orgId, bare].sort());
  expect(await whose('pause', [], 'every tenant')).toEqual([null]);
  expect((await whose('pause', [bare], 'every tenant')).map(String).sort()).toEqual([bare, 'null']);
  expect(new Set(await whose('gate', [mine.orgId, bare]))).toEqual(new Set([mine.orgId]));
  expect(new Set(await whose('gate', [], 'every tenant'))).toEqual(new Set([null]));
});

test('no more than so many of a kind are read, and it is said that there are more', async () => {
  await t.sql(`INSERT INTO portal_task (id, org_id, endpoint_id, name) SELECT gen_random_uuid(), $1, $2, 'n' FROM generate_series(1, ${MOST_MARKS + 5})`, [
    mine.orgId,
    mine.endpointId,
  ]);
  const tasks = () => readMarks(shown, { what: new Set(['task']), organizations: [mine.orgId], beyond: 'nothing', endpoints: [] });
  // Of what happened no going is a change, so nothing has to be said of it.
  const asked = await tasks();
  expect([asked.marks.length < 2 * MOST_MARKS, [...asked.cut]]).toEqual([true, []]);
  await t.sql(
    `UPDATE portal_task SET state = 'running', worker = 'w', tries = 1, started_at = now(), claimed_until = now() + interval '1 hour', created_at = now() - interval '1 hour'
      WHERE endpoint_id = $1 AND state = 'queued'`,
    [mine.endpointId],
  );
  const running = await tasks();
  expect([running.marks.filter(({ stands }) => stands).length, [...running.cut]]).toEqual([MOST_MARKS + 1, ['task']]);
  await t.sql('DELETE FROM portal_task WHERE endpoint_id = $1', [mine.endpointId]);
  // What is missing was perhaps only not read.
  expect(changed(running, await tasks())).toEqual([]);
});

test('a name that is none is refused', async () => {
  for (const bad of [{ organizations: ["x'; --"] }, { endpoints: ['*'] }]) await expect(read(bad)).rejects.toMatchObject({ code: 'input_invalid' });
});
