import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TestEndpoint } from '../testing.fixture.ts';
import { claimNextPortalTask, finishPortalTask } from './claim.ts';
import { openTurnsEnvironment, type TurnsEnvironment } from './turns-environment.fixture.ts';

let w: TurnsEnvironment;
beforeAll(async () => void (w = await openTurnsEnvironment()));
afterAll(() => w.close());
beforeEach(() => w.clear());

const DUE = { pool: false, delay: '-1 minute', deadline: '1 day' } as const;
const of = (orgId: string): TestEndpoint => {
  const found = w.endpoints.find((endpoint) => endpoint.orgId === orgId);
  if (!found) throw new Error(`no endpoint of ${orgId}`);
  return found;
};
const next = (worker = 'w') => claimNextPortalTask(w.t.agent, { worker, ttlMs: 60_000 });
const left = async () => (await w.t.sql(`SELECT FROM portal_task WHERE state IN ('queued', 'running')`)).length;

describe('many hands at once', () => {
  test('do every task once, and never more of one login or portal at a time than is allowed', { timeout: 120_000 }, async () => {
    for (const endpoint of w.endpoints) for (const pool of [false, false, false, true]) await w.ask(endpoint, { ...DUE, pool });
    const dbs = [w.t.agent, w.t.another('rcm_agent')];
    const hand = async (place: number) => {
      const [db, worker] = [dbs[place % 2] ?? w.t.agent, `hand-${place}`];
      while ((await left()) > 0) {
        const task = await claimNextPortalTask(db, { worker, ttlMs: 60_000 });
        if (task) expect(await finishPortalTask(db, { taskId: task.id, orgId: task.orgId, worker, errorCode: 'c', message: 'm' })).toBe(true);
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, place) => hand(place)));
    expect(await w.t.sql('SELECT FROM portal_task WHERE tries <> 1')).toEqual([]);
    expect(await w.t.sql(beyond('coalesce(e.login_identity, e.id)', 'p.max_sessions_per_account'))).toEqual([]);
    expect(await w.t.sql(beyond('p.code', 'p.max_task_concurrency'))).toEqual([]);
    // And nothing is kept of what is over.
    expect(await next()).toBeNull();
    expect(await w.t.sql('SELECT org_id FROM task_queue UNION ALL SELECT org_id FROM task_turn UNION ALL SELECT org_id FROM task_note')).toEqual([]);
    expect(await w.t.sql('SELECT FROM task_tenant WHERE running <> 0')).toEqual([]);
  });

  /** Tasks that began while as many others as are allowed were at work on the same thing. */
  const beyond = (thing: string, allowed: string) => `
    WITH done AS (SELECT t.id, t.started_at, t.finished_at, ${thing} AS thing, ${allowed} AS allowed
                    FROM portal_task t JOIN integration_endpoint e ON e.org_id = t.org_id AND e.id = t.endpoint_id JOIN portal_type p ON p.code = e.portal_type_code)
    SELECT d.id FROM done d WHERE d.allowed <= (SELECT count(*) FROM done o WHERE o.thing = d.thing AND o.id <> d.id AND o.started_at <= d.started_at AND o.finished_at > d.started_at)`;
});

describe('a taker that stands still in the middle', () => {
  const standStill = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: w.t.url });
    await client.connect();
    await client.query('BEGIN');
    const { rows } = await client.query(`SELECT org_id FROM rcm_next_task('still', interval '1 minute')`);
    expect(rows).toEqual([{ org_id: 'a' }]);
    return client;
  };

  test('holds up nobody who takes for another tenant, and what it held comes again when it dies', async () => {
    await w.ask(of('a'), DUE);
    await w.ask(of('a'), DUE);
    const still = await standStill();
    // Nothing else is there, and nobody waits for it.
    expect(await next()).toBeNull();
    await w.ask(of('b'), DUE);
    expect((await next())?.orgId).toBe('b');
    await still.end();
    expect((await next())?.orgId).toBe('a');
  });

  test('nor whoever asks for a task of the same tenant, or ends one', async () => {
    await w.ask(of('a'), DUE);
    const before = await next();
    await w.ask(w.endpoints.filter((endpoint) => endpoint.orgId === 'a')[1] ?? of('a'), DUE);
    const still = await standStill();
    await w.ask(of('a'), DUE);
    expect(before && (await finishPortalTask(w.t.agent, { taskId: before.id, orgId: 'a', worker: 'w', errorCode: 'c', message: 'm' }))).toBe(true);
    await still.query('COMMIT');
    await still.end();
    expect((await next())?.orgId).toBe('a');
  });
});

test('a web-agent of before takes by turn, too', async () => {
  for (const orgId of ['b', 'c']) await w.ask(of(orgId), DUE);
  const take = async () => {
    const [taken] = await w.t.sql<{ org: string }>(`SELECT org_id AS org FROM rcm_take_task('old', interval '1 minute', NULL, NULL)`);
    return taken?.org ?? null;
  };
  expect([await take(), await take(), await take()]).toEqual(['b', 'c', null]);
});

test('a queue none of whose tasks can be taken is not looked at again before something changes', async () => {
  await w.ask(of('b'), DUE);
  await w.ask(of('b'), DUE);
  const first = await next();
  expect(await next()).toBeNull();
  const asleep = () => w.t.sql(`SELECT queue, due_at, xmin::text FROM task_queue WHERE asleep`);
  const before = await asleep();
  expect(before).toHaveLength(1);
  for (let i = 0; i < 5; i += 1) expect(await next()).toBeNull();
  expect(await asleep()).toEqual(before);
  expect(await w.t.sql('SELECT FROM task_turn')).toEqual([]);
  if (first) await finishPortalTask(w.t.agent, { taskId: first.id, orgId: 'b', worker: 'w', errorCode: 'c', message: 'm' });
  expect((await next())?.orgId).toBe('b');
});
