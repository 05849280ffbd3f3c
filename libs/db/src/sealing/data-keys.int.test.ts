import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { RcmError } from '@rcm/telemetry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claimPortalTask, finishPortalTask, getPortalTask } from '../tasks/claim.ts';
import { createPortalTask } from '../tasks/queue.ts';
import { readPortalTask } from '../tasks/read.ts';
import type { Database } from '../database.ts';
import { openDatabase } from '../open-database.ts';
import { makeEndpoint, openTestDatabase, REQUESTER, TEST_KEYS, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { urlFor } from '../testing.ts';
import { CachedDataKeys, type DataKeysOptions } from './data-keys.ts';
import type { DataKeyWrapping } from './wrapping.ts';

let t: TestDatabase;
const opened: Database[] = [];
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(async () => {
  await Promise.all(opened.map((db) => db.close()));
  await t.close();
});

/** The test's key file, counted, and away when that is said. */
function watched(): DataKeyWrapping & { asked: { generate: number; unwrap: number }; away: boolean } {
  const asked = { generate: 0, unwrap: 0 };
  const ask = async <T>(what: keyof typeof asked, act: () => Promise<T>): Promise<T> => {
    asked[what] += 1;
    // Long enough for others to come meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (self.away) throw new RcmError('store_unavailable', 'away');
    return act();
  };
  const self = {
    ...{ wrappedBy: TEST_KEYS.wrappedBy, files: TEST_KEYS.files ?? [], asked, away: false },
    generate: (owner: Parameters<DataKeyWrapping['generate']>[0]) => ask('generate', () => TEST_KEYS.generate(owner)),
    unwrap: (...given: Parameters<DataKeyWrapping['unwrap']>) => ask('unwrap', () => TEST_KEYS.unwrap(...given)),
  };
  return self;
}
/** Another process of the same app. */
function process(dataKeys: DataKeyWrapping): Database {
  const db = openDatabase({ url: urlFor('rcm_agent', t.url), applicationName: `process ${opened.length}`, role: 'rcm_agent', maxConnections: 5, dataKeys });
  opened.push(db);
  return db;
}
const keysOf = (orgId: string) => t.sql<{ id: string }>('SELECT id FROM tenant_data_key WHERE org_id = $1', [orgId]);
const ask = (db: Database, endpoint: TestEndpoint) => createPortalTask(db, { ...endpoint, requester: REQUESTER, name: 'n', input: { claim: 'c' } });

describe('a data key', () => {
  test('is made once a day for an organization, and asked for once by a process, however many ask at once', async () => {
    const [endpoint, one] = [await makeEndpoint(t.db), watched()];
    const db = process(one);
    // Its first operation tries what other processes have wrapped; here none has.
    await db.ping();
    await Promise.all(Array.from({ length: 10 }, () => ask(db, endpoint)));
    expect(one.asked).toEqual({ generate: 1, unwrap: 0 });
    const two = watched();
    await Promise.all(Array.from({ length: 10 }, () => ask(process(two), endpoint)));
    expect(two.asked.generate).toBe(0);
    expect(await keysOf(endpoint.orgId)).toHaveLength(1);
    const [key] = await t.sql(
      `SELECT seals_until = date_trunc('day', created_at, 'UTC') + interval '1 day' AS "endsWithItsDay" FROM tenant_data_key WHERE org_id = $1`,
      [endpoint.orgId],
    );
    expect(key).toEqual({ endsWithItsDay: true });
  });

  test('that two processes make first at once is good of either, and each reads what the other sealed', async () => {
    const endpoint = await makeEndpoint(t.db);
    const dbs = [process(watched()), process(watched())];
    const asked = await Promise.all(dbs.map((db) => ask(db, endpoint)));
    for (const db of dbs)
      for (const { taskId } of asked) expect(await getPortalTask(db, { taskId, orgId: endpoint.orgId })).toMatchObject({ input: { claim: 'c' } });
    expect([1, 2]).toContain((await keysOf(endpoint.orgId)).length);
  });

  test('whose maker died before the task was written is used by the next, and one that was never written left nothing', async () => {
    const [endpoint, wrapping] = [await makeEndpoint(t.db), watched()];
    const dying: DataKeyWrapping = { ...wrapping, generate: () => Promise.reject(new Error('killed')) };
    await expect(ask(process(dying), endpoint)).rejects.toMatchObject({ code: 'data_key_unavailable' });
    expect(await keysOf(endpoint.orgId)).toEqual([]);
    // Killed after the key: the row is there, and no task.
    await new CachedDataKeys({ wrapping, transaction: t.agent.transaction }).current(endpoint.orgId);
    const db = process(wrapping);
    const { taskId } = await ask(db, endpoint);
    expect(await keysOf(endpoint.orgId)).toHaveLength(1);
    expect(await getPortalTask(db, { taskId, orgId: endpoint.orgId })).toMatchObject({ state: 'queued' });
  });

  test('of yesterday opens and seals nothing new', async () => {
    const endpoint = await makeEndpoint(t.db);
    const old = await ask(process(watched()), endpoint);
    await t.sql(`UPDATE tenant_data_key SET created_at = created_at - interval '2 days', seals_until = seals_until - interval '2 days' WHERE org_id = $1`, [
      endpoint.orgId,
    ]);
    const db = process(watched());
    const { taskId } = await ask(db, endpoint);
    const [today] = await t.sql<{ input_key_id: string }>('SELECT input_key_id FROM portal_task WHERE id = $1', [taskId]);
    const [before] = await t.sql<{ input_key_id: string }>('SELECT input_key_id FROM portal_task WHERE id = $1', [old.taskId]);
    expect(today?.input_key_id).not.toBe(before?.input_key_id);
    expect(await getPortalTask(db, { ...old, orgId: endpoint.orgId })).toMatchObject({ input: { claim: 'c' } });
  });
});

describe('what a process holds of keys', () => {
  const open = (more: Partial<DataKeysOptions>) => {
    const wrapping = watched();
    return { wrapping, keys: new CachedDataKeys({ wrapping, transaction: t.agent.transaction, ...more }) };
  };

  test('ends with its time', async () => {
    let now = 0;
    const { orgId } = await makeEndpoint(t.db);
    const { wrapping, keys } = open({ now: () => now, longestMs: 1_000 });
    const { id } = await keys.current(orgId);
    await keys.byId(orgId, id);
    expect(wrapping.asked.unwrap).toBe(0);
    now = 1_000;
    await keys.byId(orgId, id);
    expect(wrapping.asked.unwrap).toBe(1);
    now = 1_999;
    await keys.current(orgId);
    expect(wrapping.asked).toEqual({ generate: 1, unwrap: 1 });
    now = 3_000;
    wrapping.away = true;
    await expect(keys.current(orgId)).rejects.toMatchObject({ code: 'data_key_unavailable' });
  });

  test('ends with its uses: then another key is made, which is everybody’s', async () => {
    const { orgId } = await makeEndpoint(t.db);
    const { wrapping, keys } = open({ mostUses: 3 });
    const used: string[] = [];
    for (let use = 0; use < 7; use += 1) used.push((await keys.current(orgId)).id);
    expect(used.map((id) => used.indexOf(id))).toEqual([0, 0, 0, 3, 3, 3, 6]);
    expect(wrapping.asked.generate).toBe(3);
    expect((await open({}).keys.current(orgId)).id).toBe(used[6]);
  });

  test('is so many keys, the longest unused goes first', async () => {
    const orgs: string[] = [];
    for (let made = 0; made < 3; made += 1) orgs.push((await makeEndpoint(t.db)).orgId);
    const { wrapping, keys } = open({ mostKeys: 2 });
    for (const orgId of orgs) await keys.current(orgId);
    await keys.current(orgs[2] ?? '');
    await keys.current(orgs[1] ?? '');
    expect(wrapping.asked).toEqual({ generate: 3, unwrap: 0 });
    await keys.current(orgs[0] ?? '');
    expect(wrapping.asked).toEqual({ generate: 3, unwrap: 1 });
  });

  test('is an organization’s own: its id opens nothing for another', async () => {
    const [mine, theirs] = [await makeEndpoint(t.db), await makeEndpoint(t.db)];
    const { keys } = open({});
    const { id } = await keys.current(mine.orgId);
    await expect(keys.byId(theirs.orgId, id)).rejects.toMatchObject({ code: 'task_data_unreadable' });
  });
});

describe('while what wraps keys is away', () => {
  test('nothing is asked for and nothing is read, nothing is written plain, no try is spent, and all of it goes on afterwards', async () => {
    const [endpoint, wrapping] = [await makeEndpoint(t.db, { portal: {} }), watched()];
    const { taskId } = await ask(process(wrapping), endpoint);
    const task = { taskId, orgId: endpoint.orgId };
    const running = await ask(process(wrapping), endpoint);
    const busy = process(wrapping);
    await claimPortalTask(busy, { ...task, taskId: running.taskId, worker: 'w', ttlMs: 600_000 });
    wrapping.away = true;
    const db = process(wrapping);
    const away = { code: 'data_key_unavailable' };
    await expect(ask(db, endpoint)).rejects.toMatchObject(away);
    await expect(getPortalTask(db, task)).rejects.toMatchObject(away);
    await expect(readPortalTask(db, { ...task, reader: REQUESTER })).rejects.toMatchObject(away);
    expect(await readPortalTask(db, { ...task, reader: REQUESTER, part: 'state' })).toMatchObject({ state: 'queued', input: {} });
    for (let tried = 0; tried < 8; tried += 1) {
      await t.sql('UPDATE portal_task SET not_before = clock_timestamp() WHERE id = $1', [taskId]);
      await expect(claimPortalTask(db, { ...task, worker: 'w', ttlMs: 60_000 })).rejects.toMatchObject(away);
    }
    expect(await t.sql('SELECT state, tries, requeue_reason FROM portal_task WHERE id = $1', [taskId])).toEqual([
      { state: 'queued', tries: 0, requeue_reason: 'data_key_unavailable' },
    ]);
    // A result stays unwritten and its task taken; it can be finished once the key is there.
    const end = { taskId: running.taskId, orgId: endpoint.orgId, worker: 'w', result: { found: false } };
    await expect(finishPortalTask(db, end)).rejects.toMatchObject(away);
    expect(await t.sql('SELECT state, result, result_sealed FROM portal_task WHERE id = $1', [running.taskId])).toEqual([
      { state: 'running', result: null, result_sealed: null },
    ]);
    wrapping.away = false;
    expect(await finishPortalTask(db, end)).toBe(true);
    expect(await getPortalTask(db, task)).toMatchObject({ input: { claim: 'c' } });
  });

  test('whatever it says of itself stays inside, and no byte of a key is in an error', async () => {
    const endpoint = await makeEndpoint(t.db);
    const bytes = randomBytes(32);
    const talkative: DataKeyWrapping = {
      ...TEST_KEYS,
      generate: () => Promise.reject(new Error(`no: ${createSecretKey(bytes).export().toString('hex')} ${randomUUID()}`)),
    };
    const error = await ask(process(talkative), endpoint).catch((caught: unknown) => caught as RcmError);
    expect((error as RcmError).message).not.toContain(bytes.toString('hex'));
    expect(JSON.stringify((error as RcmError).details)).not.toContain(bytes.toString('hex'));
  });
});
