import { randomUUID } from 'node:crypto';
import { Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { openDatabase } from '../open-database.ts';
import { type StorageServer, startStorageServer } from '../legacy/storage-server.fixture.ts';
import { claimPortalTask, finishPortalTask, getPortalTask } from '../tasks/claim.ts';
import { createPortalTask, requeuePortalTask } from '../tasks/queue.ts';
import { readPortalTask } from '../tasks/read.ts';
import { REQUESTER } from '../testing.fixture.ts';
import { keyFileWrapping } from './key-file.ts';

let server: StorageServer;
let db: Database;
const key = randomUUID() + randomUUID();

beforeAll(async () => {
  server = await startStorageServer();
  db = openDatabase({ url: server.url, applicationName: 'sealing', dataKeys: keyFileWrapping({ id: 'test', key: new Secret(key) }) });
  await server.plant('endpoint', 'a-password');
});
afterAll(async () => {
  await db?.close();
  await server?.close();
});

const PLACE = { orgId: 'org', endpointId: 'endpoint' } as const;
/** Values that nothing else holds. */
const patient = (name: string) => ({ name: `${name}-${randomUUID()}`, rows: [{ patient: `Doe-${randomUUID()}`, status: 'PAID' }] });

/** Every file of the server, the write-ahead log among them, and its own log. */
async function places(...texts: readonly string[]): Promise<string[]> {
  await server.sql.query('CHECKPOINT');
  const found = await Promise.all(texts.map((text) => server.filesWith(text)));
  return [...found.flat(), ...server.log.filter((line) => texts.some((text) => line.includes(text)))];
}

describe('no byte of a patient’s is in the database’s files, its write-ahead log or what it logs', () => {
  test('at any time of a task’s life', async () => {
    const { name, rows } = patient('claim');
    const [row] = rows;
    const sought = [name, row?.patient ?? ''];
    const ask = { ...PLACE, requester: REQUESTER, name: 'claim_status', input: { claim_number: name }, idempotencyKey: 'once' };
    const { taskId } = await createPortalTask(db, ask);
    const task = { taskId, orgId: PLACE.orgId };
    expect(await places(...sought)).toEqual([]);
    expect(await createPortalTask(db, ask)).toEqual({ taskId, created: false });
    await expect(createPortalTask(db, { ...ask, input: { claim_number: `${name}-else` } })).rejects.toMatchObject({ code: 'idempotency_conflict' });
    expect((await claimPortalTask(db, { ...task, worker: 'w', ttlMs: 60_000 }))?.input).toEqual({ claim_number: name });
    await requeuePortalTask(db, { ...task, worker: 'w', delayMs: 0, reason: 'r', countsAsTry: false });
    expect(await places(...sought)).toEqual([]);
    await claimPortalTask(db, { ...task, worker: 'w', ttlMs: 60_000 });
    await finishPortalTask(db, { ...task, worker: 'w', result: { found: true, rows } });
    expect(await places(...sought)).toEqual([]);
    expect(await readPortalTask(db, { ...task, reader: REQUESTER })).toMatchObject({ result: { found: true, rows }, input: { claim_number: name } });
    expect(await places(...sought)).toEqual([]);
  });

  test('and the search would find one', async () => {
    const text = `plain-${randomUUID()}`;
    await server.sql.query(`UPDATE organization SET name = $1`, [text]);
    expect(await places(text)).not.toEqual([]);
  });

  test('not where a write is refused, either', async () => {
    const text = `refused-${randomUUID()}`;
    const insert = `INSERT INTO portal_task (id, org_id, endpoint_id, name, input) VALUES (gen_random_uuid(), 'org', 'endpoint', 'n', $1)`;
    await expect(server.sql.query(insert, [JSON.stringify({ text })])).rejects.toMatchObject({ code: '23514', constraint: 'portal_task_is_sealed' });
    expect(await places(text)).toEqual([]);
  });
});

test('what a value’s length would tell is filled up: nothing found looks like something found', async () => {
  const lengths = await Promise.all(
    [
      { found: false, rows: [] },
      { found: true, rows: [{ status: 'PAID', amount: '120.00' }] },
    ].map(async (result) => {
      const { taskId } = await createPortalTask(db, { ...PLACE, requester: REQUESTER, name: 'n', input: {} });
      const task = { taskId, orgId: PLACE.orgId };
      await server.sql.query(`UPDATE portal_task SET state = 'running', worker = 'w', claimed_until = now() + interval '1 minute' WHERE id = $1`, [taskId]);
      await finishPortalTask(db, { ...task, worker: 'w', result });
      expect((await getPortalTask(db, task))?.result).toEqual(result);
      const { rows } = await server.sql.query<{ length: number }>('SELECT octet_length(result_sealed) AS length FROM portal_task WHERE id = $1', [taskId]);
      return rows[0]?.length;
    }),
  );
  expect(lengths).toEqual([1_053, 1_053]);
});
