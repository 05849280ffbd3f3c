import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../open-database.ts';
import { upsertOrganization } from '../endpoints/seed.ts';
import { claimPortalTask, finishPortalTask, getPortalTask } from '../tasks/claim.ts';
import { createPortalTask } from '../tasks/queue.ts';
import { tidyPortalTasks } from '../tasks/tidy.ts';
import { makeEndpoint, openTestDatabase, REQUESTER, TEST_KEYS, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { urlFor } from '../testing.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

const DAY_MS = 86_400_000;

/** A task that ended so many days ago, and the key that it was sealed under. */
async function endedAgo(endpoint: TestEndpoint, days: number): Promise<{ readonly taskId: string; readonly orgId: string; readonly keyId: string }> {
  // A process of its own: what it held of keys ends with it.
  const db = openDatabase({ url: urlFor('rcm_agent', t.url), applicationName: 'ended', role: 'rcm_agent', dataKeys: TEST_KEYS });
  try {
    const { taskId } = await createPortalTask(db, { ...endpoint, requester: REQUESTER, name: 'n', input: { claim: 'c' } });
    const task = { taskId, orgId: endpoint.orgId };
    await claimPortalTask(db, { ...task, worker: 'w', ttlMs: 60_000 });
    await finishPortalTask(db, { ...task, worker: 'w', result: { found: true } });
    const [row] = await t.sql<{ key: string }>(
      `UPDATE portal_task SET created_at = created_at - $2 * interval '1 day', finished_at = finished_at - $2 * interval '1 day' WHERE id = $1 RETURNING result_key_id AS key`,
      [taskId, days],
    );
    await t.sql(`UPDATE tenant_data_key SET created_at = created_at - $2 * interval '1 day', seals_until = seals_until - $2 * interval '1 day' WHERE id = $1`, [
      row?.key,
      days,
    ]);
    return { ...task, keyId: row?.key ?? '' };
  } finally {
    await db.close();
  }
}
const keys = async () => (await t.sql<{ id: string }>('SELECT id FROM tenant_data_key')).map(({ id }) => id);
const tasks = async () => (await t.sql<{ id: string }>('SELECT id FROM portal_task')).map(({ id }) => id);

describe('after its time', () => {
  test('a task goes, its key with it, and what a dump of the tasks had opens for nobody any more', async () => {
    const endpoint = await makeEndpoint(t.db);
    const [old, young] = [await endedAgo(endpoint, 9), await endedAgo(endpoint, 3)];
    expect(old.keyId).not.toBe(young.keyId);
    await t.sql('CREATE TABLE dumped AS SELECT * FROM portal_task');
    const tidied = await tidyPortalTasks(t.agent, { keptMs: 7 * DAY_MS });
    expect(tidied).toMatchObject({ deleted: 1, keysForgotten: 1 });
    expect(await keys()).not.toContain(old.keyId);
    expect(await keys()).toContain(young.keyId);
    expect(await getPortalTask(t.another('rcm_agent'), young)).toMatchObject({ result: { found: true } });

    // Restored from the dump: with a key's row of the same id, as whoever restores would have to make one, and without the wrapped key.
    await t.sql('ALTER TABLE portal_task DISABLE TRIGGER ALL');
    await t.sql('INSERT INTO portal_task SELECT * FROM dumped WHERE id = $1', [old.taskId]);
    await t.sql('ALTER TABLE portal_task ENABLE TRIGGER ALL');
    await expect(getPortalTask(t.another('rcm_agent'), old)).rejects.toMatchObject({ code: 'task_data_unreadable' });
    await t.sql(
      `INSERT INTO tenant_data_key (id, org_id, wrapped_by, wrapped, created_at, seals_until)
       SELECT $1, org_id, wrapped_by, wrapped, created_at, seals_until FROM tenant_data_key WHERE id = $2`,
      [old.keyId, young.keyId],
    );
    await expect(getPortalTask(t.another('rcm_agent'), old)).rejects.toMatchObject({ code: 'data_key_unavailable' });
    await t.sql('DELETE FROM portal_task WHERE id = $1', [old.taskId]);
    await t.sql('DROP TABLE dumped');
  });

  test('a key stays while a task names it, whatever its day, and for an hour after its day', async () => {
    const endpoint = await makeEndpoint(t.db);
    await tidyPortalTasks(t.agent, { keptMs: DAY_MS });
    const waiting = await endedAgo(endpoint, 20);
    await t.sql(
      `UPDATE portal_task SET state = 'queued', finished_at = NULL, result_sealed = NULL, result_key_id = NULL, deadline_at = now() + interval '9 days' WHERE id = $1`,
      [waiting.taskId],
    );
    expect(await tidyPortalTasks(t.agent, { keptMs: DAY_MS })).toMatchObject({ keysForgotten: 0 });
    expect(await getPortalTask(t.another('rcm_agent'), waiting)).toMatchObject({ input: { claim: 'c' } });
    await t.sql('DELETE FROM portal_task WHERE id = $1', [waiting.taskId]);
    await t.sql(`UPDATE tenant_data_key SET seals_until = now() - interval '59 minutes', created_at = now() - interval '20 hours' WHERE id = $1`, [
      waiting.keyId,
    ]);
    expect(await tidyPortalTasks(t.agent, { keptMs: DAY_MS })).toMatchObject({ keysForgotten: 0 });
    await t.sql(`UPDATE tenant_data_key SET seals_until = now() - interval '61 minutes' WHERE id = $1`, [waiting.keyId]);
    expect(await tidyPortalTasks(t.agent, { keptMs: DAY_MS })).toMatchObject({ keysForgotten: 1 });
  });

  test('whoever stopped for hours and still holds a forgotten key seals under another, and loses nothing', async () => {
    const endpoint = await makeEndpoint(t.db);
    const db = openDatabase({ url: urlFor('rcm_agent', t.url), applicationName: 'stopped', role: 'rcm_agent', dataKeys: TEST_KEYS });
    try {
      const first = await createPortalTask(db, { ...endpoint, requester: REQUESTER, name: 'n', input: { claim: '1' } });
      const task = { taskId: first.taskId, orgId: endpoint.orgId };
      await claimPortalTask(db, { ...task, worker: 'w', ttlMs: 60_000 });
      await t.sql(`DELETE FROM portal_task WHERE id = $1`, [first.taskId]);
      await t.sql('DELETE FROM tenant_data_key WHERE org_id = $1', [endpoint.orgId]);
      const second = await createPortalTask(db, { ...endpoint, requester: REQUESTER, name: 'n', input: { claim: '2' } });
      expect(await getPortalTask(t.another('rcm_agent'), { taskId: second.taskId, orgId: endpoint.orgId })).toMatchObject({ input: { claim: '2' } });
    } finally {
      await db.close();
    }
  });
});

test('each organization’s tasks are kept as long as it says, and as long as the deployment says where it says nothing', async () => {
  const [short, long, plain] = [await makeEndpoint(t.db), await makeEndpoint(t.db), await makeEndpoint(t.db)];
  await upsertOrganization(t.db, { id: short.orgId, name: 'short', taskKeepDays: 2 });
  await upsertOrganization(t.db, { id: long.orgId, name: 'long', taskKeepDays: 30 });
  const ended = new Map<string, string>();
  for (const [name, endpoint] of Object.entries({ short, long, plain }))
    for (const days of [1, 3, 8, 31]) ended.set(`${name} ${days}`, (await endedAgo(endpoint, days)).taskId);
  await tidyPortalTasks(t.agent, { keptMs: 7 * DAY_MS });
  const left = await tasks();
  expect([...ended].filter(([, id]) => left.includes(id)).map(([name]) => name)).toEqual(['short 1', 'long 1', 'long 3', 'long 8', 'plain 1', 'plain 3']);
  // Said again without a word on it, it stays; `null` takes it back.
  await upsertOrganization(t.db, { id: long.orgId, name: 'long' });
  await tidyPortalTasks(t.agent, { keptMs: 7 * DAY_MS });
  expect(await tasks()).toContain(ended.get('long 8'));
  await upsertOrganization(t.db, { id: long.orgId, name: 'long', taskKeepDays: null });
  await tidyPortalTasks(t.agent, { keptMs: 7 * DAY_MS });
  expect(await tasks()).not.toContain(ended.get('long 8'));
  await expect(upsertOrganization(t.db, { id: long.orgId, name: 'long', taskKeepDays: 0 })).rejects.toMatchObject({ code: 'input_invalid' });
});
