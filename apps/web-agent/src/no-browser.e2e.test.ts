import { createPortalTask, getPortalTask } from '@rcm/db/tasks';
import { openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type AgentProcess, startAgent } from './process.fixture.ts';

let testEnvironment: TestEnvironment;
const started: AgentProcess[] = [];
beforeAll(async () => {
  testEnvironment = await openTestEnvironment({ endpoints: ['alpine', 'alpine'] });
});
afterEach(async () => {
  for (const agent of started.splice(0)) {
    agent.signal('SIGKILL');
    await agent.ended();
  }
});
afterAll(() => testEnvironment?.close());

async function start(more: NodeJS.ProcessEnv = {}): Promise<AgentProcess> {
  const agent = await startAgent({
    ...process.env,
    ...testEnvironment.environmentOf('rcm_agent'),
    RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn('agent'),
    RCM_AGENT_RETRY_MS: '1',
    RCM_AGENT_PUT_OFF_MS: '1',
    RCM_AGENT_MAX_TRIES: '2',
    ...more,
  });
  started.push(agent);
  return agent;
}
const row = (taskId: string) => getPortalTask(testEnvironment.db, { orgId: testEnvironment.orgId, taskId });

async function readyz(agent: AgentProcess): Promise<{ readonly status: number; readonly body: unknown }> {
  const answer = await fetch(`http://127.0.0.1:${/"healthPort":(\d+)/.exec(agent.output())?.[1]}/readyz`);
  return { status: answer.status, body: await answer.json() };
}

it('an agent that can start no browser says so, spends no task’s tries, and leaves the tasks to those that can', async () => {
  // It is there, and is no browser: nobody knows before it was started.
  const sick = await start({ RCM_CHROMIUM_PATH: '/bin/false' });
  expect(await readyz(sick)).toEqual({ status: 200, body: { ok: true } });
  const ask = (endpointId: string, claim_number: string) =>
    createPortalTask(testEnvironment.db, {
      ...{ orgId: testEnvironment.orgId, endpointId, name: 'claim_status', input: { claim_number } },
      requester: { kind: 'terminal', name: 'test' },
    });
  const asked = await Promise.all(testEnvironment.endpoints.flatMap(({ id }) => ['CLM-1001', 'CLM-1002'].map((claim) => ask(id, claim))));
  await expect.poll(() => sick.output(), { timeout: 120_000 }).toContain('browser_unavailable');
  expect(await readyz(sick)).toMatchObject({ status: 503, body: { ok: false, problems: { browser: expect.stringContaining('/bin/false') } } });

  await start();
  for (const { taskId } of asked) {
    await expect.poll(async () => (await row(taskId))?.state, { timeout: 120_000 }).toMatch(/succeeded|failed/);
    expect(await row(taskId)).toMatchObject({ state: 'succeeded', tries: 1 });
  }
});
