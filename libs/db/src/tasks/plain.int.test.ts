import { randomUUID } from 'node:crypto';
import { Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { openDatabase } from '../open-database.ts';
import { rewriteStorage } from '../legacy/rewrite.ts';
import { type StorageServer, startStorageServer } from '../legacy/storage-server.fixture.ts';
import { keyFileWrapping } from '../sealing/key-file.ts';
import { REQUESTER } from '../testing.fixture.ts';
import { claimPortalTask, finishPortalTask, getPortalTask } from './claim.ts';
import { sealPlainTasks } from './plain.ts';
import { createPortalTask } from './queue.ts';

let server: StorageServer;
let db: Database;
let other: Database;
beforeAll(async () => {
  server = await startStorageServer();
  await server.plant('endpoint', 'a-password');
  const open = () => openDatabase({ url: server.url, applicationName: 'plain', dataKeys: keyFileWrapping({ id: 'test', key: new Secret('k'.repeat(32)) }) });
  [db, other] = [open(), open()];
});
afterAll(async () => {
  await db?.close();
  await other?.close();
  await server?.close();
});

/** As the tasks of before are: written when nothing refused it. */
async function plain(state: 'queued' | 'running' | 'succeeded', input: object, result: object | null = null): Promise<{ taskId: string; orgId: string }> {
  const taskId = randomUUID();
  await server.sql.query('ALTER TABLE portal_task DISABLE TRIGGER portal_task_is_sealed');
  await server.sql.query(
    `INSERT INTO portal_task (id, org_id, endpoint_id, name, input, result, state, worker, claimed_until, finished_at, idempotency_key, deadline_at, created_at)
     VALUES ($1, 'org', 'endpoint', 'n', $2, $3, $4, 'w', CASE WHEN $4 = 'running' THEN now() + interval '1 hour' END, CASE WHEN $4 = 'succeeded' THEN now() END, $5, now() + interval '1 day', now())`,
    [taskId, JSON.stringify(input), result && JSON.stringify(result), state, `key-${taskId}`],
  );
  await server.sql.query('ALTER TABLE portal_task ENABLE TRIGGER portal_task_is_sealed');
  return { taskId, orgId: 'org' };
}
const left = async () => (await server.sql.query('SELECT FROM portal_task WHERE input IS NOT NULL OR result IS NOT NULL')).rowCount;

test('tasks of before are worked with as they are, sealed in batches while others do the same, and their bytes go with the rewrite', async () => {
  const text = `plain-${randomUUID()}`;
  const [waiting, taken] = [await plain('queued', { claim: text, waits: 'yes' }), await plain('running', { claim: text, taken: 'yes' })];
  const ended = await plain('succeeded', { claim: text }, { found: true, rows: [{ patient: text }] });
  const many = await Promise.all(Array.from({ length: 3 }, async () => undefined));
  for (const _ of many) await plain('succeeded', { claim: text }, { found: false });
  await server.sql.query('CHECKPOINT');
  expect(await server.filesWith(text)).not.toEqual([]);

  // Read, asked for again, claimed and finished as they are.
  expect(await getPortalTask(db, ended)).toMatchObject({ input: { claim: text }, result: { rows: [{ patient: text }] } });
  const again = { orgId: 'org', endpointId: 'endpoint', requester: REQUESTER, name: 'n', idempotencyKey: `key-${waiting.taskId}` };
  expect(await createPortalTask(db, { ...again, input: { waits: 'yes', claim: text } })).toEqual({ taskId: waiting.taskId, created: false });
  await expect(createPortalTask(db, { ...again, input: { claim: text } })).rejects.toMatchObject({ code: 'idempotency_conflict' });
  expect(await finishPortalTask(db, { ...taken, worker: 'w', result: { found: true } })).toBe(true);

  expect(await sealPlainTasks(db, { most: 2 })).toBe(2);
  expect(await left()).toBe(4);
  const done = await Promise.all([sealPlainTasks(db), sealPlainTasks(other), sealPlainTasks(db)]);
  expect(done.reduce((sum, each) => sum + each, 0)).toBeGreaterThanOrEqual(4);
  expect(await left()).toBe(0);
  expect(await sealPlainTasks(db)).toBe(0);

  expect(await getPortalTask(db, ended)).toMatchObject({ input: { claim: text }, result: { rows: [{ patient: text }] } });
  expect(await getPortalTask(other, taken)).toMatchObject({ input: { claim: text, taken: 'yes' }, result: { found: true } });
  expect((await claimPortalTask(db, { ...waiting, worker: 'w2', ttlMs: 60_000 }))?.input).toEqual({ claim: text, waits: 'yes' });
  expect(await createPortalTask(db, { ...again, input: { claim: text, waits: 'yes' } })).toEqual({ taskId: waiting.taskId, created: false });

  await rewriteStorage({ url: server.url });
  expect(await server.filesWith(text)).toEqual([]);
});

test('a plain value only goes: nothing puts one in, or another in its place', async () => {
  const { taskId } = await plain('running', { claim: 'a' });
  const refused = { code: '23514', constraint: 'portal_task_is_sealed' };
  await expect(server.sql.query(`UPDATE portal_task SET input = '{"claim": "b"}' WHERE id = $1`, [taskId])).rejects.toMatchObject(refused);
  await expect(server.sql.query(`UPDATE portal_task SET result = '{}' WHERE id = $1`, [taskId])).rejects.toMatchObject(refused);
  await server.sql.query(`UPDATE portal_task SET input = input, requeues = 1 WHERE id = $1`, [taskId]);
  await server.sql.query(`UPDATE portal_task SET input = NULL WHERE id = $1`, [taskId]);
  await expect(server.sql.query(`UPDATE portal_task SET input = '{}' WHERE id = $1`, [taskId])).rejects.toMatchObject(refused);
});
