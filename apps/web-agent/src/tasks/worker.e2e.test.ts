import { acquireExclusiveLease, releaseLease } from '@rcm/db/leases';
import { cancelPortalTask, createPortalTask, getPortalTask } from '@rcm/db/tasks';
import type { PortalSession, TaskOutcome } from '@rcm/portal-drivers';
import { createMetrics } from '@rcm/telemetry';
import { type EnvironmentEndpoint, openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readWebAgentConfig } from '../config.ts';
import { openWebAgent, type WebAgentProcess, workerOptions } from '../services.ts';
import { TaskWorker } from './worker.ts';

let testEnvironment: TestEnvironment;
let agent: WebAgentProcess;
let worker: TaskWorker;
const signal = new AbortController().signal;
const REQUESTER = { kind: 'terminal', name: 'test' } as const;

beforeAll(async () => {
  testEnvironment = await openTestEnvironment({
    endpoints: ['alpine', 'borealis', 'cascade', 'alpine', 'alpine', 'borealis', 'borealis', 'borealis'],
    portalType: { propagationDelayMs: 200 },
  });
  process.env.AWS_SHARED_CREDENTIALS_FILE = testEnvironment.environmentOf('rcm_agent').AWS_SHARED_CREDENTIALS_FILE;
  const config = readWebAgentConfig({
    ...process.env,
    ...testEnvironment.environmentOf('rcm_agent'),
    RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn('agent'),
    RCM_LOG_LEVEL: 'error',
    RCM_LEASE_WAIT_MS: '300',
    RCM_LEASE_POLL_MS: '50',
    RCM_AGENT_PUT_OFF_MS: '60000',
  });
  agent = openWebAgent(config);
  worker = new TaskWorker({ db: agent.db, access: agent.access, logger: agent.logger, metrics: agent.metrics, ...workerOptions(config) });
});
afterAll(async () => {
  await agent?.close();
  await testEnvironment?.close();
});

type QueuedTask = Parameters<TaskWorker['handle']>[0];

async function queue(endpoint: EnvironmentEndpoint, input: Record<string, string>): Promise<QueuedTask> {
  const { orgId } = endpoint;
  const { taskId } = await createPortalTask(testEnvironment.db, { orgId, endpointId: endpoint.id, name: 'claim_status', input, requester: REQUESTER });
  return { taskId, orgId };
}
const stored = (task: QueuedTask) => getPortalTask(testEnvironment.db, task);

describe('a portal task', () => {
  it.each(['alpine-1', 'borealis-2', 'cascade-3'])('finds a claim at %s and stores its rows', async (id) => {
    const endpoint = testEnvironment.endpoint(id);
    const task = await queue(endpoint, { claim_number: 'CLM-1001' });
    expect(await worker.handle(task, signal)).toMatchObject({ kind: 'succeeded', result: { found: true } });
    const done = await stored(task);
    expect(done?.state).toBe('succeeded');
    expect(done?.result).toMatchObject({
      found: true,
      contract: 'claim_status',
      rows: [{ claim_number: 'CLM-1001', billed: { amount: expect.stringMatching(/^\d+\.\d\d$/), currency: 'USD' }, raw: { claim_number: 'CLM-1001' } }],
    });
  });

  it('that finds nothing succeeds with no rows', async () => {
    const endpoint = testEnvironment.endpoint('alpine-1');
    const task = await queue(endpoint, { claim_number: 'CLM-9999' });
    expect(await worker.handle(task, signal)).toEqual({ kind: 'succeeded', result: { found: false, rows: [] } });
  });

  it('is done once, however often its job comes', async () => {
    const endpoint = testEnvironment.endpoint('alpine-1');
    const task = await queue(endpoint, { claim_number: 'CLM-1002' });
    const verdicts = await Promise.all([worker.handle(task, signal), worker.handle(task, signal), worker.handle(task, signal)]);
    expect(verdicts.filter((verdict) => verdict !== null)).toHaveLength(1);
    expect(await worker.handle(task, signal)).toBeNull();
  });

  it('that ended all its workers before they could say how is not begun once more', async () => {
    const task = await queue(testEnvironment.endpoint('alpine-1'), { claim_number: 'CLM-1001' });
    await testEnvironment.db.transaction('every tenant', (tx) => tx.$executeRaw`UPDATE portal_task SET tries = 5 WHERE id = ${task.taskId}::uuid`);
    const before = await testEnvironment.portals.account('alpine', testEnvironment.endpoint('alpine-1').username);
    expect(await worker.handle(task, signal)).toMatchObject({ kind: 'failed', code: 'portal_unexpected' });
    expect(await stored(task)).toMatchObject({
      state: 'failed',
      errorCode: 'portal_unexpected',
      errorMessage: 'The task was begun 5 times and never came to an end.',
    });
    expect(await testEnvironment.portals.account('alpine', testEnvironment.endpoint('alpine-1').username)).toEqual(before);
  });

  /** A worker at a portal that answers every task so, after `meanwhile`. */
  function workerAt(outcome: TaskOutcome, meanwhile: () => Promise<unknown> = () => Promise.resolve()): TaskWorker {
    const session: PortalSession = {
      login: async ({ beforeSubmit }) => (await beforeSubmit(), { outcome: { kind: 'accepted' }, submitted: true }),
      changePassword: () => Promise.reject(new Error('not here')),
      runTask: async () => (await meanwhile(), outcome),
      isLoggedIn: async () => false,
      close: async () => undefined,
    };
    const drivers = { for: () => ({ hash: 'x', openSession: async () => session }) } as unknown as typeof agent.access.drivers;
    const access = { ...agent.access, drivers };
    const config = readWebAgentConfig({
      ...process.env,
      ...testEnvironment.environmentOf('rcm_agent'),
      RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn('agent'),
    });
    return new TaskWorker({ db: agent.db, access, logger: agent.logger, metrics: createMetrics(), ...workerOptions(config) });
  }

  it('has all the time that Postgres gives it, also in a process whose clock is days ahead', async () => {
    const task = await queue(testEnvironment.endpoint('borealis-2'), { claim_number: 'CLM-1001' });
    using _ahead = vi.spyOn(Date, 'now').mockImplementation(() => new Date().getTime() + 2 * 86_400_000);
    expect(await workerAt({ kind: 'found', rows: [] }).handle(task, signal)).toMatchObject({ kind: 'succeeded' });
  });

  it('whose result the database cannot hold fails, instead of being done again and again', async () => {
    const task = await queue(testEnvironment.endpoint('borealis-2'), { claim_number: 'CLM-1001' });
    expect(await workerAt({ kind: 'found', rows: [{ name: 'half \ud83d' }] }).handle(task, signal)).toMatchObject({
      kind: 'failed',
      code: 'portal_unexpected',
    });
    expect(await stored(task)).toMatchObject({ state: 'failed', result: null });
  });

  it('whose answer does not fit its contract fails at once and says why, instead of asking the portal again', async () => {
    const task = await queue(testEnvironment.endpoint('borealis-2'), { claim_number: 'CLM-1001' });
    const detail = 'In record 1, status of claim_status is "Suspended" on the page';
    expect(await workerAt({ kind: 'unfit', detail }).handle(task, signal)).toMatchObject({ kind: 'failed', code: 'contract_unmet' });
    expect(await stored(task)).toMatchObject({
      state: 'failed',
      tries: 1,
      result: null,
      errorCode: 'contract_unmet',
      errorMessage: expect.stringContaining(detail),
    });
  });

  it.each([
    ['found something', 'borealis-6', { kind: 'found', rows: [{ patient: 'A. Person' }] }],
    ['would be done again', 'borealis-7', { kind: 'unknown', detail: 'd' }],
  ] as const)('that was cancelled before it %s is lost, and what came of it is not handed on', async (_, id, outcome) => {
    const task = await queue(testEnvironment.endpoint(id), { claim_number: 'CLM-1001' });
    const cancelled = workerAt(outcome, () => cancelPortalTask(agent.db, { ...task, requester: REQUESTER, reach: 'own' }));
    expect(await cancelled.handle(task, signal)).toEqual({ kind: 'lost' });
    expect(await stored(task)).toMatchObject({ state: 'failed', errorCode: 'cancelled', result: null });
  });

  it('that was taken again by another hand of the same process, once its claim had run out, is that hand’s alone', async () => {
    const task = await queue(testEnvironment.endpoint('alpine-1'), { claim_number: 'CLM-1001' });
    const firstEnded = Promise.withResolvers<undefined>();
    let second: ReturnType<TaskWorker['handle']> | undefined;
    const process = workerAt({ kind: 'found', rows: [{ claim: 'CLM-1001' }] }, async () => {
      if (second) return firstEnded.promise;
      await testEnvironment.db.transaction(
        'every tenant',
        (tx) => tx.$executeRaw`UPDATE portal_task SET claimed_until = now() WHERE id = ${task.taskId}::uuid`,
      );
      second = process.handle(task, signal);
      while ((await stored(task))?.tries !== 2) await new Promise((resolve) => setTimeout(resolve, 20));
    });
    expect(await process.handle(task, signal)).toEqual({ kind: 'lost' });
    expect(await stored(task)).toMatchObject({ state: 'running', result: null });
    firstEnded.resolve(undefined);
    expect(await second).toMatchObject({ kind: 'succeeded' });
    expect(await stored(task)).toMatchObject({ state: 'succeeded' });
  });

  it('whose last try might have been made again has failed, and that is what is said of it', async () => {
    const task = await queue(testEnvironment.endpoint('borealis-8'), { claim_number: 'CLM-1001' });
    await testEnvironment.db.transaction('every tenant', (tx) => tx.$executeRaw`UPDATE portal_task SET tries = 4 WHERE id = ${task.taskId}::uuid`);
    expect(await workerAt({ kind: 'unavailable', detail: 'd' }).handle(task, signal)).toMatchObject({ kind: 'failed', code: 'portal_unavailable' });
    expect(await stored(task)).toMatchObject({ state: 'failed', tries: 5, errorCode: 'portal_unavailable' });
  });

  it('goes back to the queue while the login is being changed, and no try is spent', async () => {
    const endpoint = testEnvironment.endpoint('alpine-4');
    const held = await acquireExclusiveLease(testEnvironment.db, {
      orgId: endpoint.orgId,
      endpointId: endpoint.id,
      holder: 'rotator',
      ttlMs: 60_000,
      wantMs: 1_000,
    });
    const task = await queue(endpoint, { claim_number: 'CLM-1001' });
    expect(await worker.handle(task, signal)).toEqual({ kind: 'put_off', reason: 'exclusive_held' });
    expect(await stored(task)).toMatchObject({ state: 'queued', tries: 0 });
    if (held.granted) await releaseLease(testEnvironment.db, { leaseId: held.lease.id, orgId: endpoint.orgId });
  });

  it('comes back when its login’s password has cooled down, or after five minutes to look, and not every moment until then', async () => {
    const endpoint = testEnvironment.endpoint('cascade-3');
    await testEnvironment.db.transaction('every tenant', (tx) => tx.$executeRaw`UPDATE portal_type SET settle_ms = 3000000 WHERE code = 'cascade'`);
    await agent.access.sessions.drop(endpoint.id);
    await testEnvironment.portals.setHabits('cascade', { closedSaysWrong: true });
    const [first, second] = [await queue(endpoint, { claim_number: 'CLM-1001' }), await queue(endpoint, { claim_number: 'CLM-1001' })];
    expect(await worker.handle(first, signal)).toMatchObject({ kind: 'retry', code: 'portal_unexpected' });
    const askedAt = Date.now();
    expect(await worker.handle(second, signal)).toMatchObject({ kind: 'put_off', reason: 'password_suspect' });
    const { state, tries, notBefore } = (await stored(second)) ?? {};
    expect([state, tries]).toEqual(['queued', 0]);
    expect(notBefore?.getTime()).toBeGreaterThanOrEqual(askedAt + 300_000);
    expect(notBefore?.getTime()).toBeLessThanOrEqual(Date.now() + 300_000);
    await testEnvironment.portals.setHabits('cascade', { closedSaysWrong: false });
  });

  it('fails at once where the portal refuses the password, and the account is not tried again', async () => {
    const endpoint = testEnvironment.endpoint('alpine-5');
    await testEnvironment.portals.createAccount({ portal: 'alpine', username: endpoint.username, password: 'Changed-by-hand-9' });
    const task = await queue(endpoint, { claim_number: 'CLM-1001' });
    expect(await worker.handle(task, signal)).toMatchObject({ kind: 'failed', code: 'login_rejected' });
    expect(await stored(task)).toMatchObject({ state: 'failed', errorCode: 'login_rejected' });
    const second = await queue(endpoint, { claim_number: 'CLM-1001' });
    expect(await worker.handle(second, signal)).toMatchObject({ kind: 'failed', code: 'login_rejected' });
    expect(await testEnvironment.portals.account('alpine', endpoint.username)).toMatchObject({ loginsRejected: 1, locked: false });
  });
});
