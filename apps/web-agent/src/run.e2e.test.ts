import { getPortalTask } from '@rcm/db/tasks';
import { createTaskClient, type TaskClient } from '@rcm/task-client';
import { openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Issuer, startIssuer } from './http/issuer.fixture.ts';
import { type AgentProcess, startAgent } from './process.fixture.ts';

let testEnvironment: TestEnvironment;
let issuer: Issuer;
const started: AgentProcess[] = [];
beforeAll(async () => {
  [testEnvironment, issuer] = await Promise.all([
    openTestEnvironment({ endpoints: ['alpine', 'alpine', 'alpine', 'alpine'], portalType: { propagationDelayMs: 200 } }),
    startIssuer(),
  ]);
});
afterEach(async () => {
  await testEnvironment.portals.setFault({ portal: 'alpine', fault: 'none' });
  for (const agent of started.splice(0)) {
    agent.signal('SIGKILL');
    await agent.ended();
  }
});
afterAll(async () => {
  await issuer?.close();
  await testEnvironment?.close();
});

const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  ...testEnvironment.environmentOf('rcm_agent'),
  RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn('agent'),
  RCM_API_ISSUER: issuer.name,
  RCM_API_AUDIENCE: issuer.audience,
  RCM_API_JWKS_URL: issuer.jwksUrl,
  RCM_API_PORT: '0',
  RCM_AGENT_TIDY_MS: '500',
  RCM_AGENT_PUT_OFF_MS: '1000',
});

async function start(more: NodeJS.ProcessEnv = {}): Promise<AgentProcess> {
  const agent = await startAgent({ ...environment(), ...more });
  started.push(agent);
  return agent;
}
const clientOf = (agent: AgentProcess): TaskClient =>
  createTaskClient({ baseUrl: `http://127.0.0.1:${agent.apiPort}`, token: () => issuer.token(testEnvironment.orgId), pollMs: 200 });
const row = (taskId: string) => getPortalTask(testEnvironment.db, { orgId: testEnvironment.orgId, taskId });
const claim = (claim_number: string) => ({ task: 'claim_status', input: { claim_number } });

async function until(taskId: string, state: string): Promise<void> {
  const giveUpAt = Date.now() + 60_000;
  while ((await row(taskId))?.state !== state) {
    if (Date.now() > giveUpAt) throw new Error(`task ${taskId} did not become ${state}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('a web-agent’s process', () => {
  it('does what is asked over HTTP, by an account or by a portal’s pool, audits who reads it, and logs nothing of it', async () => {
    const agent = await start({ RCM_LOG_LEVEL: 'trace' });
    const client = clientOf(agent);
    const asked = await client.ask({ endpoint: 'alpine-1', ...claim('CLM-1001') }, { idempotencyKey: 'run-1' });
    const result = await client.result(asked.id, { deadlineMs: 60_000 });
    expect(result).toMatchObject({ found: true, rows: [{ claim_number: 'CLM-1001' }] });
    const pooled = await Promise.all([client.ask({ portalType: 'alpine', ...claim('CLM-1002') }), client.ask({ portalType: 'alpine', ...claim('CLM-9999') })]);
    expect(await client.result(pooled[0].id, { deadlineMs: 60_000 })).toMatchObject({ found: true });
    expect(await client.result(pooled[1].id, { deadlineMs: 60_000 })).toEqual({ found: false, rows: [] });
    const lent = await Promise.all(pooled.map(async ({ id }) => (await row(id))?.endpointId));
    expect(new Set(lent).size).toBe(2);
    expect(lent).not.toContain('alpine-1');

    expect(agent.output()).toMatch(/"act":"task claim_status","step":"[^"]+","ms":\d+,"outcome":"done"/);

    const read = await testEnvironment.db.transaction(
      'every tenant',
      (tx) => tx.$queryRaw<{ actor: string }[]>`SELECT actor FROM audit_event WHERE action = 'task.read' AND subject = ${asked.id}`,
    );
    expect(read).toEqual([{ actor: 'token:claims-service' }]);
    const values = result.rows.flatMap(({ raw }) => Object.values(raw as object)).filter((value) => typeof value === 'string' && value.length > 5);
    expect(values.length).toBeGreaterThan(0);
    for (const value of [...values, 'CLM-1001', 'CLM-1002', 'CLM-9999']) expect(agent.output()).not.toContain(value);
  });

  it('that cannot have its port says so and ends, instead of working half', async () => {
    const agent = await start();
    const taken = await startAgent({ ...environment(), RCM_API_PORT: String(agent.apiPort) }).catch((error: Error) => error.message);
    expect(taken).toContain(`The HTTP API could not listen on 127.0.0.1:${agent.apiPort}`);
  });

  it('finishes what is in hand at SIGTERM, and begins nothing new', async () => {
    const agent = await start();
    await testEnvironment.portals.setFault({ portal: 'alpine', fault: 'slow', delayMs: 1_500 });
    const { id } = await clientOf(agent).ask({ endpoint: 'alpine-2', ...claim('CLM-1001') });
    const behind = await clientOf(agent).ask({ endpoint: 'alpine-2', ...claim('CLM-1002') });
    await until(id, 'running');
    agent.signal('SIGTERM');
    expect(await agent.ended()).toBe(0);
    expect(await row(id)).toMatchObject({ state: 'succeeded', tries: 1 });
    expect(await row(behind.id)).toMatchObject({ state: 'queued', tries: 0 });
  });

  it('hands back what is in hand at a second SIGTERM, without a try being spent, and ends in order', async () => {
    const agent = await start();
    await testEnvironment.portals.setFault({ portal: 'alpine', fault: 'slow', delayMs: 8_000 });
    const { id } = await clientOf(agent).ask({ endpoint: 'alpine-3', ...claim('CLM-1001') });
    await until(id, 'running');
    agent.signal('SIGTERM');
    // Two signals that come before the first is looked at are one.
    await expect.poll(() => agent.output(), { timeout: 20_000 }).toContain('stopping: no new task begins');
    agent.signal('SIGTERM');
    // A third one at once, and of another kind: a process at its end takes no signals any more, and two of one kind may be one.
    agent.signal('SIGINT');
    expect(await agent.ended()).toBe(0);
    expect(await row(id)).toMatchObject({ state: 'queued', tries: 0, requeueReason: 'cancelled' });
    await testEnvironment.portals.setFault({ portal: 'alpine', fault: 'none' });
    const next = await start();
    expect(await clientOf(next).result(id, { deadlineMs: 60_000 })).toMatchObject({ found: true });
  });

  it('that is killed in the middle of a task leaves it to another, which does it once', async () => {
    // Only what is to be lost is held for a short time: on a busy machine a process that lives would lose it too.
    const agent = await start({ RCM_AGENT_CLAIM_MS: '3000', RCM_LEASE_TTL_MS: '3000' });
    await testEnvironment.portals.setFault({ portal: 'alpine', fault: 'slow', delayMs: 8_000 });
    const { id } = await clientOf(agent).ask({ endpoint: 'alpine-4', ...claim('CLM-1001') });
    await until(id, 'running');
    agent.signal('SIGKILL');
    expect(await agent.ended()).toBe('SIGKILL');
    await testEnvironment.portals.setFault({ portal: 'alpine', fault: 'none' });
    const others = [await start(), await start()];
    expect(await clientOf(others[0] as AgentProcess).result(id, { deadlineMs: 90_000 })).toMatchObject({ found: true });
    expect(await row(id)).toMatchObject({ state: 'succeeded', tries: 2 });
    const successes = others.flatMap((other) => other.output().split('\n')).filter((line) => line.includes(id) && line.includes('"verdict":"succeeded"'));
    expect(successes).toHaveLength(1);
  });
});
