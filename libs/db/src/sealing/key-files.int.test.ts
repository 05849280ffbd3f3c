import { randomUUID } from 'node:crypto';
import { Secret } from '@rcm/telemetry';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { openDatabase } from '../open-database.ts';
import { claimPortalTask, getPortalTask } from '../tasks/claim.ts';
import { createPortalTask } from '../tasks/queue.ts';
import { makeEndpoint, openTestDatabase, REQUESTER, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { urlFor } from '../testing.ts';
import { alsoOpening, type KeyFile, keyFileWrapping } from './key-file.ts';
import { dataKeyCounts, moveDataKeys } from './move.ts';
import type { DataKeyRewrapping, DataKeyWrapping } from './wrapping.ts';

let t: TestDatabase;
let endpoint: TestEndpoint;
const opened: Database[] = [];
beforeEach(async () => {
  t = await openTestDatabase();
  endpoint = await makeEndpoint(t.db, { portal: {} });
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((db) => db.close()));
  await t.close();
});

const fileOf = (id: string): KeyFile => ({ id, key: new Secret(randomUUID() + randomUUID()) });
const [ONE, TWO] = [fileOf('1'), fileOf('2')];

/** An agent's process with these keys, as it starts. */
function agent(dataKeys: DataKeyWrapping): Database {
  const db = openDatabase({ url: urlFor('rcm_agent', t.url), applicationName: 'keys', role: 'rcm_agent', dataKeys });
  opened.push(db);
  return db;
}
const both = (current: KeyFile, previous: KeyFile): DataKeyRewrapping => alsoOpening(keyFileWrapping(current), previous);
const start = (dataKeys: DataKeyWrapping): Promise<string> =>
  agent(dataKeys)
    .ping()
    .then(
      () => 'started',
      (error: unknown) => `${(error as { code?: string }).code}: ${(error as Error).message}`,
    );
const ask = async (db: Database, on = endpoint) => {
  const { taskId } = await createPortalTask(db, { ...on, requester: REQUESTER, name: 'n', input: { claim: 'c' } });
  return { taskId, orgId: on.orgId };
};
const stateOf = async (taskId: string) => (await t.sql('SELECT state, tries, error_code, requeue_reason FROM portal_task WHERE id = $1', [taskId]))[0];

describe('a web-agent does not start', () => {
  test('with another key under an id that is taken, and is told what is safe and what to do', async () => {
    await ask(agent(keyFileWrapping(ONE)));
    const said = await start(keyFileWrapping(fileOf('1')));
    expect(said).toMatch(
      /^config_invalid: This process does not start: the id 1 belongs to another task key .*Give it the key.*docs\/keys\.md.*No task was read or changed\.$/,
    );
    expect(await start(both(TWO, fileOf('1')))).toMatch(/the id 1 belongs to another task key/);
    expect(await start(keyFileWrapping(ONE))).toBe('started');
  });

  test('with another key under an id that has wrapped for one tenant alone, however well it opens another’s by its other key', async () => {
    await ask(agent(keyFileWrapping(ONE)));
    const other = await makeEndpoint(t.db, { portal: {} });
    await ask(agent(both(TWO, ONE)), other);
    expect(await start(both(TWO, fileOf('1')))).toMatch(/the id 1 belongs to another task key/);
    expect(await start(both(TWO, ONE))).toBe('started');
  });

  test('without a key that has wrapped what is there, and is told which and what to run', async () => {
    await ask(agent(keyFileWrapping(ONE)));
    expect(await start(keyFileWrapping(TWO))).toMatch(/^config_invalid: .*key file with the id 1 .*RCM_PREVIOUS_TASK_KEY.*web-agent keys --move/);
    // Nor where KMS wraps what is new.
    expect(await start({ ...keyFileWrapping(TWO), wrappedBy: 'kms:key', files: [] })).toMatch(/key file with the id 1/);
    expect(await start(both(TWO, ONE))).toBe('started');
    expect(await start(both(ONE, TWO))).toBe('started');
  });

  test('for some rows alone that somebody has put there: the oldest still opens', async () => {
    await ask(agent(keyFileWrapping(ONE)));
    for (let put = 0; put < 5; put += 1) {
      await t.sql(
        `INSERT INTO tenant_data_key (id, org_id, wrapped_by, wrapped, seals_until) VALUES ($2, $1, 'file:1', repeat('x', 60)::bytea, clock_timestamp() + interval '1 hour')`,
        [endpoint.orgId, randomUUID()],
      );
    }
    expect(await start(keyFileWrapping(ONE))).toBe('started');
  });
});

describe('where two processes began with two keys under one id, before either could know', () => {
  test('a task waits for the one that has its key, without a try, and is done by it', async () => {
    const right = agent(keyFileWrapping(ONE));
    const wrong = agent(keyFileWrapping(fileOf('1')));
    await Promise.all([right.ping(), wrong.ping()]);
    const task = await ask(right);
    for (let tried = 0; tried < 3; tried += 1) {
      await t.sql('UPDATE portal_task SET not_before = clock_timestamp() WHERE id = $1', [task.taskId]);
      await expect(claimPortalTask(wrong, { ...task, worker: 'w', ttlMs: 60_000 })).rejects.toMatchObject({ code: 'data_key_unavailable' });
      expect(await stateOf(task.taskId)).toEqual({ state: 'queued', tries: 0, error_code: null, requeue_reason: 'data_key_unavailable' });
    }
    await expect(getPortalTask(wrong, task)).rejects.toMatchObject({ code: 'data_key_unavailable' });
    await t.sql('UPDATE portal_task SET not_before = clock_timestamp() WHERE id = $1', [task.taskId]);
    expect(await claimPortalTask(right, { ...task, worker: 'w', ttlMs: 60_000 })).toMatchObject({ input: { claim: 'c' } });
  });
});

describe('a key file is changed while everything runs', () => {
  test('at each step every process reads what any other has sealed, and in the end the old key may go', async () => {
    const other = await makeEndpoint(t.db, { portal: {} });
    const before = await ask(agent(keyFileWrapping(ONE)));
    const during = await ask(agent(both(ONE, TWO)), other);
    const after = await ask(agent(both(TWO, ONE)));
    for (const db of [agent(both(ONE, TWO)), agent(both(TWO, ONE))])
      for (const task of [before, during, after]) expect(await getPortalTask(db, task)).toMatchObject({ input: { claim: 'c' } });

    const db = agent(both(TWO, ONE));
    expect(await dataKeyCounts(db)).toEqual([
      { wrappedBy: 'file:1', count: 2 },
      { wrappedBy: 'file:2', count: 1 },
    ]);
    const move = { wrapping: both(TWO, ONE), requester: { kind: 'terminal', name: 'jane@host' }, reason: 'it is a year old' } as const;
    const runs = await Promise.all([moveDataKeys(db, move), moveDataKeys(agent(both(TWO, ONE)), move)]);
    expect(runs.reduce((sum, { moved }) => sum + moved, 0)).toBe(2);
    expect(await dataKeyCounts(db)).toEqual([{ wrappedBy: 'file:2', count: 3 }]);
    const events = await t.sql(`SELECT org_id, actor, reason, details FROM audit_event WHERE action = 'task_key.moved' ORDER BY org_id`);
    expect(events).toEqual(
      [endpoint.orgId, other.orgId].sort().map((org_id) => ({
        ...{ org_id, actor: 'terminal:jane@host', reason: 'it is a year old' },
        details: { from: 'file:1', to: 'file:2', dataKeys: 1 },
      })),
    );
    // Nothing was sealed anew, and nobody needs the old key.
    const alone = agent(keyFileWrapping(TWO));
    for (const task of [before, during, after]) expect(await getPortalTask(alone, task)).toMatchObject({ input: { claim: 'c' } });
    expect(await moveDataKeys(db, move)).toEqual({ moved: 0, notMoved: [] });
  });

  test('and asks why: without a reason nothing is moved', async () => {
    await ask(agent(keyFileWrapping(ONE)));
    const move = { wrapping: both(TWO, ONE), requester: { kind: 'terminal', name: 'jane@host' }, reason: ' ' } as const;
    await expect(moveDataKeys(agent(both(TWO, ONE)), move)).rejects.toMatchObject({ code: 'input_invalid' });
    expect(await t.sql('SELECT wrapped_by FROM tenant_data_key')).toEqual([{ wrapped_by: 'file:1' }]);
  });

  test('a data key that does not open is left as it is, with its organization’s name, and the others are moved', async () => {
    const other = await makeEndpoint(t.db, { portal: {} });
    await ask(agent(keyFileWrapping(ONE)));
    await ask(agent(keyFileWrapping(ONE)), other);
    const db = agent(both(TWO, ONE));
    await db.ping();
    await t.sql(`UPDATE tenant_data_key SET wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1) WHERE org_id = $1`, [endpoint.orgId]);
    const move = { wrapping: both(TWO, ONE), requester: { kind: 'terminal', name: 'jane@host' }, reason: 'r' } as const;
    expect(await moveDataKeys(db, move)).toEqual({ moved: 1, notMoved: [{ orgId: endpoint.orgId, why: 'task_data_unreadable' }] });
  });
});
