import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { listLogins } from '../fleet/list-logins.ts';
import { fleetOverview } from '../fleet/overview.ts';
import { showLogin } from '../fleet/show-login.ts';
import { acquireSharedLease } from '../leases/acquire.ts';
import { releaseLease } from '../leases/upkeep.ts';
import { claimPortalTask, getPortalTask } from '../tasks/claim.ts';
import { createPortalTask } from '../tasks/queue.ts';
import { makeEndpoint, openTestDatabase, plannedAttempt, REQUESTER, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { getEndpoint, listEndpointsOf } from './read.ts';
import { listRetired, reinstateEndpoint, retireEndpoint } from './retire.ts';
import { Retiring, WHY } from './retiring.fixture.ts';
import { noteSecretRemoved } from './secret-removed.ts';

let t: TestDatabase;
let operator: Database;
beforeAll(async () => {
  t = await openTestDatabase();
  operator = t.another('rcm_operator');
});
afterAll(() => t.close());
const retiring = new Retiring(() => t);

const retire = (on: TestEndpoint) => retireEndpoint(operator, on.endpointId, WHY);

describe('a login that is retired', () => {
  test('names no secret and no account, and nothing that looks for logins finds it; what was written down stays', async () => {
    const on = await makeEndpoint(t.db);
    await t.sql(`UPDATE integration_endpoint SET next_rotation_at = now() - interval '1 day', search_wanted_at = now() WHERE id = $1`, [on.endpointId]);
    expect(await retiring.due(on)).toBe(true);
    const logins = (await fleetOverview(operator, { tenant: on.orgId })).logins;
    expect(await retire(on)).toBe('retired');
    expect(await getEndpoint(t.agent, on)).toMatchObject({
      secretArn: null,
      currentVersion: null,
      loginIdentity: null,
      nextRotationAt: null,
      retiredAt: expect.any(Date) as Date,
      retiredSecretArn: on.secretArn,
    });
    expect(await retiring.due(on)).toBe(false);
    expect((await listEndpointsOf(t.agent, { orgId: on.orgId, limit: 10 })).endpoints).toEqual([]);
    expect((await listLogins(operator, { filter: { orgId: on.orgId }, limit: 10 })).logins).toEqual([]);
    expect((await fleetOverview(operator, { tenant: on.orgId })).logins).toBe(logins - 1);
    expect(await showLogin(operator, { endpointId: on.endpointId })).toMatchObject({ stored: false, retiredAt: expect.any(Date) as Date });
    expect((await retiring.eventsOf(on.endpointId)).at(-1)).toMatchObject({ action: 'endpoint.retired', ...WHY, details: { secretArn: on.secretArn } });
    expect(await t.sql('SELECT id FROM login_identity WHERE id = $1', [on.loginIdentity])).toHaveLength(1);
  });

  test('takes no task; those that waited for it end, with an event each', async () => {
    const on = await makeEndpoint(t.db);
    const { taskId } = await retiring.task(on);
    expect(await retire(on)).toBe('retired');
    expect(await getPortalTask(t.agent, { orgId: on.orgId, taskId })).toMatchObject({ state: 'failed', errorCode: 'endpoint_retired' });
    expect(await retiring.eventsOf(taskId)).toMatchObject([{ action: 'task.requested' }, { action: 'task.cancelled', ...WHY }]);
    await expect(retiring.task(on)).rejects.toMatchObject({ code: 'endpoint_retired' });
    await expect(createPortalTask(t.agent, { orgId: on.orgId, portalTypeCode: 'alpine', name: 'x', input: {}, requester: REQUESTER })).rejects.toMatchObject({
      code: 'endpoint_unknown',
    });
  });

  test('gets no secret by a migration, by an operator or by anybody, as long as it is', async () => {
    const on = await makeEndpoint(t.db);
    await retire(on);
    await expect(retiring.named(on)).rejects.toMatchObject({ code: 'endpoint_retired' });
    await expect(t.sql(`UPDATE integration_endpoint SET secret_arn = $2 WHERE id = $1`, [on.endpointId, on.secretArn])).rejects.toThrow(
      'integration_endpoint_retired_names_nothing',
    );
  });

  test('is used again once it is reinstated and its secret was read, and its account is the one that it was', async () => {
    const on = await makeEndpoint(t.db);
    await retire(on);
    expect(await reinstateEndpoint(operator, on.endpointId, WHY)).toBe('reinstated');
    expect(await getEndpoint(t.agent, on)).toMatchObject({ secretArn: null, retiredAt: null, retiredSecretArn: on.secretArn });
    expect(await retiring.named(on)).toBe('recorded');
    expect(await getEndpoint(t.agent, on)).toMatchObject({
      secretArn: on.secretArn,
      loginIdentity: on.loginIdentity,
      currentVersion: '2',
      retiredSecretArn: null,
    });
    expect((await retiring.eventsOf(on.endpointId)).map(({ action }) => action)).toContain('endpoint.reinstated');
    expect(await reinstateEndpoint(operator, on.endpointId, WHY)).toBe('not_retired');
    expect((await retiring.task(on)).created).toBe(true);
  });

  test('is listed with its secret, page by page, of one organization or of all', async () => {
    const [one, two, three] = [await makeEndpoint(t.db), await makeEndpoint(t.db), await makeEndpoint(t.db)];
    for (const on of [one, two, three]) await retire(on);
    const keptMs = 86_400_000;
    // How many were made before, in whichever file, decides on their order.
    const [lowest] = [one, two, three].map(({ endpointId }) => endpointId).sort();
    const first = await listRetired(operator, { keptMs, limit: 1, after: lowest });
    expect(first.endpoints).toHaveLength(1);
    expect(first.next).toBe(first.endpoints[0]?.id);
    expect(await listRetired(operator, { keptMs, orgId: two.orgId, limit: 10 })).toMatchObject({
      endpoints: [{ id: two.endpointId, secretArn: two.secretArn }],
      next: null,
    });
  });

  test('has a secret to remove, until it was found to be gone; retired again later, it has one again', async () => {
    const on = await makeEndpoint(t.db);
    const migrator = t.another('rcm_migrator');
    const note = (secretArn = on.secretArn) => noteSecretRemoved(migrator, { ...on, secretArn }, WHY);
    const list = async (keptMs: number) => {
      const { endpoints, overdue } = await listRetired(operator, { orgId: on.orgId, limit: 10, keptMs });
      return { overdue, removed: endpoints.map(({ removedAt }) => removedAt !== null) };
    };
    expect(await note()).toBe('not_retired');
    await retire(on);
    expect([await list(86_400_000), await list(0)]).toEqual([
      { overdue: 0, removed: [false] },
      { overdue: 1, removed: [false] },
    ]);
    expect(await note('arn:aws:ssm:us-east-1:1:parameter/another')).toBe('not_retired');
    expect([await note(), await note()]).toEqual(['noted', 'already']);
    expect(await list(0)).toEqual({ overdue: 0, removed: [true] });
    expect((await retiring.eventsOf(on.endpointId)).filter(({ action }) => action === 'endpoint.secret_removed')).toMatchObject([
      { ...WHY, details: { secretArn: on.secretArn } },
    ]);

    await reinstateEndpoint(operator, on.endpointId, WHY);
    expect(await note()).toBe('not_retired');
    await retiring.named(on);
    await retire(on);
    expect(await list(0)).toEqual({ overdue: 1, removed: [false] });
  });
});

describe('nothing is retired', () => {
  const stays = async (on: TestEndpoint) => expect(await getEndpoint(t.agent, on)).toMatchObject({ secretArn: on.secretArn, retiredAt: null });

  test('where there is no such login, or it is retired already', async () => {
    const on = await makeEndpoint(t.db);
    await retire(on);
    expect(await retire(on)).toBe('already');
    expect(await retireEndpoint(operator, 'nobody', WHY)).toBe('unknown');
    expect((await retiring.eventsOf(on.endpointId)).filter(({ action }) => action === 'endpoint.retired')).toHaveLength(1);
  });

  test('where it is only asked whether it would be, and the answer is that of the act', async () => {
    const on = await makeEndpoint(t.db);
    const { taskId } = await retiring.task(on);
    const asked = (endpointId: string) => retireEndpoint(operator, endpointId, { ...WHY, dryRun: true });
    const events = (await retiring.eventsOf(on.endpointId)).length;
    expect(await asked(on.endpointId)).toBe('would_retire');
    await stays(on);
    expect(await getPortalTask(t.agent, { orgId: on.orgId, taskId })).toMatchObject({ state: 'queued' });
    expect(await retiring.eventsOf(on.endpointId)).toHaveLength(events);
    await claimPortalTask(t.agent, { orgId: on.orgId, taskId, worker: 'w', ttlMs: 60_000 });
    expect(await asked(on.endpointId)).toBe('in_use');
    expect(await asked('nobody')).toBe('unknown');
  });

  test('without a reason, or by somebody who did not sign in', async () => {
    const on = await makeEndpoint(t.db);
    const { taskId } = await retiring.task(on);
    for (const who of [
      { ...WHY, reason: ' ' },
      { ...WHY, actor: 'anna' },
    ])
      await expect(retireEndpoint(operator, on.endpointId, who)).rejects.toMatchObject({ code: 'input_invalid' });
    await stays(on);
    expect(await getPortalTask(t.agent, { orgId: on.orgId, taskId })).toMatchObject({ state: 'queued' });
  });

  test('while somebody holds the login, or a task of it runs', async () => {
    const on = await makeEndpoint(t.db);
    const answer = await acquireSharedLease(t.agent, { ...on, holder: 'agent', ttlMs: 60_000 });
    if (!answer.granted) throw new Error(answer.reason);
    expect(await retire(on)).toBe('in_use');
    await releaseLease(t.agent, { leaseId: answer.lease.id, orgId: on.orgId });
    const { taskId } = await retiring.task(on);
    await claimPortalTask(t.agent, { orgId: on.orgId, taskId, worker: 'w', ttlMs: 60_000 });
    expect(await retire(on)).toBe('in_use');
    await stays(on);
  });

  test('while a rotation is open', async () => {
    const on = await makeEndpoint(t.db);
    const { leaseId } = await plannedAttempt(t.rotator, on);
    await releaseLease(t.rotator, { leaseId, orgId: on.orgId });
    expect(await retire(on)).toBe('rotation');
    await stays(on);
  });

  test('while its row holds plaintext', async () => {
    const on = await makeEndpoint(t.db);
    await t.sql(`UPDATE integration_endpoint SET config = '{"credentials":{"password":"canary"}}' WHERE id = $1`, [on.endpointId]);
    expect(await retire(on)).toBe('plaintext');
    await stays(on);
  });

  test('by any role but the operator’s', async () => {
    const on = await makeEndpoint(t.db);
    for (const role of ['rcm_agent', 'rcm_rotator', 'rcm_migrator', 'rcm_console'] as const) {
      const db = t.another(role);
      await expect(retireEndpoint(db, on.endpointId, WHY)).rejects.toMatchObject({ code: 'database_failed' });
      await expect(reinstateEndpoint(db, on.endpointId, WHY)).rejects.toMatchObject({ code: 'database_failed' });
    }
    await stays(on);
  });

  test('twice, where two do it at once', async () => {
    const on = await makeEndpoint(t.db);
    expect((await Promise.all([retire(on), retire(on)])).sort()).toEqual(['already', 'retired']);
  });
});
