import { randomUUID } from 'node:crypto';
import { Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../open-database.ts';
import { claimPortalTask, finishPortalTask, getPortalTask } from '../tasks/claim.ts';
import { createPortalTask } from '../tasks/queue.ts';
import { readPortalTask } from '../tasks/read.ts';
import { makeEndpoint, openTestDatabase, REQUESTER, TEST_KEYS, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { urlFor } from '../testing.ts';
import { keyFileWrapping } from './key-file.ts';

let t: TestDatabase;
let endpoint: TestEndpoint;
beforeAll(async () => {
  t = await openTestDatabase();
  endpoint = await makeEndpoint(t.db);
});
afterAll(() => t.close());

interface Task {
  readonly taskId: string;
  readonly orgId: string;
}

/** A task that has ended, with an input and a result that say whose they are. */
async function done(at: TestEndpoint = endpoint): Promise<Task> {
  const { taskId } = await createPortalTask(t.agent, { ...at, requester: REQUESTER, name: 'n', input: { claim: at.orgId } });
  const task = { taskId, orgId: at.orgId };
  await claimPortalTask(t.agent, { ...task, worker: 'w', ttlMs: 60_000 });
  await finishPortalTask(t.agent, { ...task, worker: 'w', result: { of: at.orgId } });
  return task;
}
const unreadable = expect.objectContaining({ code: 'task_data_unreadable' }) as Error;
const columns = 'input_sealed, input_key_id, result_sealed, result_key_id';

describe('a sealed value opens where it lies, and nowhere else', () => {
  test('not in another row of its tenant, under the same key', async () => {
    const [from, to] = [await done(), await done()];
    await t.sql(`UPDATE portal_task SET (${columns}) = (SELECT ${columns} FROM portal_task WHERE id = $1) WHERE id = $2`, [from.taskId, to.taskId]);
    await expect(getPortalTask(t.agent, to)).rejects.toThrow(unreadable);
    await expect(readPortalTask(t.agent, { ...to, reader: REQUESTER })).rejects.toThrow(unreadable);
    expect(await t.sql(`SELECT FROM audit_event WHERE action = 'task.read' AND subject = $1`, [to.taskId])).toEqual([]);
    expect(await getPortalTask(t.agent, from)).toMatchObject({ result: { of: endpoint.orgId } });
  });

  test('not in the other column of its row', async () => {
    const task = await done();
    await t.sql(`UPDATE portal_task SET result_sealed = input_sealed, result_key_id = input_key_id WHERE id = $1`, [task.taskId]);
    await expect(getPortalTask(t.agent, task)).rejects.toThrow(unreadable);
  });

  test('not in another tenant’s row, even where its key’s row goes along', async () => {
    const [mine, theirs] = [await done(), await done(await makeEndpoint(t.db))];
    const copied = randomUUID();
    await t.sql(
      `INSERT INTO tenant_data_key (id, org_id, wrapped_by, wrapped, created_at, seals_until)
       SELECT $1, $2, wrapped_by, wrapped, created_at, seals_until FROM tenant_data_key WHERE org_id = $3 LIMIT 1`,
      [copied, theirs.orgId, mine.orgId],
    );
    const move = `UPDATE portal_task SET input_sealed = (SELECT input_sealed FROM portal_task WHERE id = $1), input_key_id = $3 WHERE id = $2`;
    await t.sql(move, [mine.taskId, theirs.taskId, copied]);
    await expect(getPortalTask(t.agent, theirs)).rejects.toMatchObject({ code: 'data_key_unavailable', details: { reason: 'task_data_unreadable' } });
    // And a row cannot name a key of another organization at all.
    const [key] = await t.sql<{ id: string }>('SELECT id FROM tenant_data_key WHERE org_id = $1', [mine.orgId]);
    await expect(t.sql(move, [mine.taskId, theirs.taskId, key?.id])).rejects.toMatchObject({ code: '23503', constraint: 'portal_task_input_key' });
  });

  test('not once a bit of it was changed, wherever', async () => {
    const [task, byte] = [await done(), [0, 5, 40, 1_050]];
    for (const index of byte) {
      await t.sql(`UPDATE portal_task SET result_sealed = set_byte(result_sealed, $2, get_byte(result_sealed, $2) # 1) WHERE id = $1`, [task.taskId, index]);
      await expect(getPortalTask(t.agent, task), String(index)).rejects.toThrow(unreadable);
      await t.sql(`UPDATE portal_task SET result_sealed = set_byte(result_sealed, $2, get_byte(result_sealed, $2) # 1) WHERE id = $1`, [task.taskId, index]);
    }
    expect(await getPortalTask(t.agent, task)).toMatchObject({ result: { of: endpoint.orgId } });
  });
});

test('a process with another wrapping key reads nothing and seals nothing: it does not start', async () => {
  const task = await done();
  const other = openDatabase({
    ...{ url: urlFor('rcm_agent', t.url), applicationName: 'other', role: 'rcm_agent' },
    dataKeys: keyFileWrapping({ id: 'other', key: new Secret(randomUUID() + randomUUID()) }),
  });
  try {
    await expect(getPortalTask(other, task)).rejects.toMatchObject({ code: 'config_invalid' });
    await expect(createPortalTask(other, { ...endpoint, requester: REQUESTER, name: 'n', input: {} })).rejects.toMatchObject({ code: 'config_invalid' });
    expect(await t.sql(`SELECT FROM tenant_data_key WHERE wrapped_by = 'file:other'`)).toEqual([]);
  } finally {
    await other.close();
  }
});

test('a process without any neither writes nor reads: nothing is ever plain for want of a key', async () => {
  const none = openDatabase({ url: urlFor('rcm_agent', t.url), applicationName: 'none', role: 'rcm_agent' });
  try {
    const before = await t.sql('SELECT FROM portal_task');
    await expect(createPortalTask(none, { ...endpoint, requester: REQUESTER, name: 'n', input: {} })).rejects.toMatchObject({ code: 'config_invalid' });
    expect(await t.sql('SELECT FROM portal_task')).toHaveLength(before.length);
    await expect(getPortalTask(none, await done())).rejects.toMatchObject({ code: 'config_invalid' });
  } finally {
    await none.close();
  }
});

test('a claimed task whose input never opens has failed, and is not begun again and again', async () => {
  const { taskId } = await createPortalTask(t.agent, { ...endpoint, requester: REQUESTER, name: 'n', input: { a: 'b' } });
  await t.sql(`UPDATE portal_task SET input_sealed = set_byte(input_sealed, 20, get_byte(input_sealed, 20) # 1) WHERE id = $1`, [taskId]);
  const task = { taskId, orgId: endpoint.orgId };
  await expect(claimPortalTask(t.agent, { ...task, worker: 'w', ttlMs: 60_000 })).rejects.toThrow(unreadable);
  expect(await t.sql('SELECT state, error_code FROM portal_task WHERE id = $1', [taskId])).toEqual([{ state: 'failed', error_code: 'task_data_unreadable' }]);
});

test('the key in a file opens for its organization and id only', async () => {
  const owner = { orgId: 'mercy', keyId: randomUUID() };
  const { key, wrapped } = await TEST_KEYS.generate(owner);
  const made = { wrappedBy: TEST_KEYS.wrappedBy, wrapped };
  expect((await TEST_KEYS.unwrap(owner, made)).equals(key)).toBe(true);
  await expect(TEST_KEYS.unwrap({ ...owner, orgId: 'mercy-west' }, made)).rejects.toThrow(unreadable);
  await expect(TEST_KEYS.unwrap({ ...owner, keyId: randomUUID() }, made)).rejects.toThrow(unreadable);
  await expect(TEST_KEYS.unwrap(owner, { ...made, wrapped: wrapped.slice(1) })).rejects.toThrow(unreadable);
});
