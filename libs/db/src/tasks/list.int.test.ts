import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { cancelTaskOfAny } from '../fleet/cancel-task.ts';
import { showTask } from '../fleet/show-task.ts';
import { makeEndpoint, openTestDatabase, REQUESTER, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { claimPortalTask, getPortalTask } from './claim.ts';
import { listPortalTasks, type TaskFilter } from './list.ts';
import { createPortalTask, requeuePortalTask } from './queue.ts';

const WHY = { actor: 'person:os:anna', reason: 'the payer is down for good' };
let t: TestDatabase;
let operator: Database;
beforeAll(async () => {
  t = await openTestDatabase();
  operator = t.another('rcm_operator');
});
afterAll(() => t.close());

const create = (endpoint: TestEndpoint, name = 'claim_status') =>
  createPortalTask(t.agent, { ...endpoint, name, input: { claim: 'canary-1' }, requester: REQUESTER }).then(({ taskId }) => taskId);
const claim = (endpoint: TestEndpoint, taskId: string) => claimPortalTask(t.agent, { orgId: endpoint.orgId, taskId, worker: 'w1', ttlMs: 60_000 });

/** All pages, two at a time. */
async function walked(db: Database, scope: { orgId: string } | 'every tenant', filter: TaskFilter): Promise<string[]> {
  const seen: string[] = [];
  for (
    let page = await listPortalTasks(db, scope, { filter, limit: 2, words: db !== operator });
    ;
    page = await listPortalTasks(db, scope, { filter, after: page.next, limit: 2, words: db !== operator })
  ) {
    seen.push(...page.tasks.map(({ id }) => id));
    if (!page.next) return seen;
  }
}

describe('a list of tasks', () => {
  test('has each once, the newest first, over all states and organizations, and for an organization its own', async () => {
    const [one, two] = [await makeEndpoint(t.db), await makeEndpoint(t.db)];
    const made: string[] = [];
    for (let i = 0; i < 3; i += 1) made.push(await create(one), await create(two));
    await claim(one, made[2] ?? '');
    await cancelTaskOfAny(operator, made[1] ?? '', WHY);
    // Of one moment, so that the id decides.
    await t.sql("UPDATE portal_task SET created_at = '2026-01-01' WHERE id = ANY ($1)", [made.slice(0, 3)]);
    const everybodys = (await walked(operator, 'every tenant', {})).filter((id) => made.includes(id));
    expect(everybodys.slice(0, 3)).toEqual(made.slice(3).toReversed());
    expect(everybodys.slice(3)).toEqual(made.slice(0, 3).sort().toReversed());
    expect((await walked(t.agent, { orgId: two.orgId }, {})).sort()).toEqual([made[1], made[3], made[5]].sort());
    expect(await walked(operator, 'every tenant', { states: ['running'] })).toContain(made[2]);
    expect(await walked(t.agent, { orgId: one.orgId }, { states: ['queued', 'failed'] })).toEqual([made[4], made[0]]);
    expect(await walked(operator, 'every tenant', { endpointId: two.endpointId, states: ['failed'] })).toEqual([made[1]]);
  });

  test('takes a place that is none for none', async () => {
    for (const after of [
      { at: "x'; --", id: crypto.randomUUID() },
      { at: '2026-01-01', id: 'x' },
    ])
      await expect(listPortalTasks(operator, 'every tenant', { filter: {}, after, limit: 2 })).rejects.toMatchObject({ code: 'input_invalid' });
  });
});

describe('one task, for whoever looks after the platform', () => {
  test('shows why it waits, who has it, and nothing of what was asked', async () => {
    const endpoint = await makeEndpoint(t.db);
    const [first, second] = [await create(endpoint), await create(endpoint)];
    expect(await showTask(operator, second)).toMatchObject({
      state: 'queued',
      waitingBefore: 1,
      rotation: null,
      leases: [],
      requestedBy: 'token:claims-service',
    });
    await claim(endpoint, first);
    expect(await showTask(operator, first)).toMatchObject({ state: 'running', worker: 'w1', claimedUntil: expect.any(Date) as Date });
    await requeuePortalTask(t.agent, { taskId: first, orgId: endpoint.orgId, worker: 'w1', delayMs: 60_000, reason: 'lease_unavailable', countsAsTry: false });
    const shown = await showTask(operator, first);
    expect(shown).toMatchObject({ state: 'queued', requeueReason: 'lease_unavailable', requeues: 1 });
    expect(JSON.stringify(shown)).not.toContain('canary-1');
    expect(await showTask(operator, crypto.randomUUID())).toBeNull();
  });

  test('can be ended by a person, with a reason, once', async () => {
    const endpoint = await makeEndpoint(t.db);
    const taskId = await create(endpoint);
    await expect(cancelTaskOfAny(operator, taskId, { ...WHY, reason: ' ' })).rejects.toMatchObject({ code: 'input_invalid' });
    await expect(cancelTaskOfAny(operator, taskId, { ...WHY, actor: 'token:anna' })).rejects.toThrow();
    expect(await getPortalTask(t.agent, { orgId: endpoint.orgId, taskId })).toMatchObject({ state: 'queued' });
    expect(await cancelTaskOfAny(operator, taskId, WHY)).toEqual({ orgId: endpoint.orgId });
    expect(await cancelTaskOfAny(operator, taskId, WHY)).toBeNull();
    expect(await getPortalTask(t.agent, { orgId: endpoint.orgId, taskId })).toMatchObject({
      state: 'failed',
      errorCode: 'cancelled',
      finishedAt: expect.any(Date) as Date,
    });
    expect(await t.sql("SELECT actor, reason FROM audit_event WHERE subject = $1 AND action = 'task.cancelled'", [taskId])).toEqual([WHY]);
    await expect(cancelTaskOfAny(t.agent, taskId, WHY)).rejects.toMatchObject({ code: 'database_failed' });
  });
});
