import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimPortalTask, createPortalTask, finishPortalTask } from '@rcm/db/tasks';
import { asSuperuser, urlFor } from '@rcm/db/testing';
import { compileCache } from '@rcm/test-services';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiEnvironment, openApiEnvironment, TASK_KEY } from '../http/api.fixture.ts';
import { type AgentProcess, startAgent } from '../process.fixture.ts';
import { startReceiver, type TestReceiver } from './receiver.fixture.ts';

let testEnvironment: ApiEnvironment;
let there: TestReceiver;
let folder: string;
let agents: AgentProcess[] = [];
beforeAll(async () => {
  [testEnvironment, there] = [await openApiEnvironment(), await startReceiver()];
  folder = mkdtempSync(join(tmpdir(), 'rcm-callbacks-'));
});
afterAll(async () => {
  for (const agent of agents) agent.signal('SIGKILL');
  await Promise.all(agents.map((agent) => agent.ended()));
  await Promise.all([testEnvironment?.close(), there?.close()]);
  rmSync(folder, { recursive: true, force: true });
});

/** As it is deployed: its callbacks come from a file. */
async function agent(): Promise<AgentProcess> {
  const file = join(folder, 'callbacks.json');
  const claims = { url: there.url, keys: [`whsec_${Buffer.alloc(32, 1).toString('base64')}`], address: 'loopback', ca: there.ca };
  writeFileSync(file, JSON.stringify({ one: { claims } }), { mode: 0o600 });
  const started = await startAgent({
    ...compileCache(),
    ...{ PATH: process.env.PATH, RCM_ALLOW_ROOT: 'yes', RCM_BROWSER_SANDBOX: 'off', RCM_ENVIRONMENT: 'test', RCM_IDENTITY_KEY: 'i'.repeat(32) },
    ...{
      RCM_DATABASE_URL: urlFor('rcm_agent', testEnvironment.url),
      RCM_TASK_KEYS: 'file',
      RCM_TASK_KEY: TASK_KEY,
      RCM_TASK_KEY_ID: 'test',
      RCM_TASK_CALLBACKS_FILE: file,
    },
    ...{ RCM_AWS_REGION: 'us-east-1', RCM_AWS_ACCOUNT_ID: '123456789012', RCM_KMS_KEY_ID: 'alias/rcm' },
    RCM_TENANT_ROLE_ARN: 'arn:aws:iam::123456789012:role/rcm-agent-tenant',
  });
  agents = [...agents, started];
  return started;
}

const told = async (count: number): Promise<void> => {
  while (there.told.length < count) await new Promise((resolve) => setTimeout(resolve, 20));
};

test('a web-agent that is killed while it tells a receiver leaves it to another, which tells it with the same id', async () => {
  const requester = { kind: 'token', subject: 'claims', issuer: 'https://identity.example/' } as const;
  const { taskId } = await createPortalTask(testEnvironment.db, {
    orgId: 'one',
    endpointId: 'alpine-one',
    name: 'n',
    input: {},
    requester,
    callback: 'claims',
  });
  await claimPortalTask(testEnvironment.db, { orgId: 'one', taskId, worker: 'w', ttlMs: 600_000 });
  await finishPortalTask(testEnvironment.db, { orgId: 'one', taskId, worker: 'w', result: {} });
  there.behave('silent');
  const first = await agent();
  await told(1);
  first.signal('SIGKILL');
  await first.ended();
  there.behave('takes');
  // Nobody else has it until the claim of the dead one is over: as if so much time had gone by.
  await asSuperuser(testEnvironment.url, [`UPDATE task_callback SET not_before = now(), claimed_until = now() WHERE delivered_at IS NULL`]);
  const second = await agent();
  await told(2);
  second.signal('SIGTERM');
  expect(await second.ended()).toBe(0);
  expect(new Set(there.told.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([`task_ended_${taskId}`]));
  const [row] = await testEnvironment.owner.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ again: boolean; delivered: boolean }[]>`SELECT tries > 1 AS again, delivered_at IS NOT NULL AS delivered FROM task_callback`,
  );
  expect(row).toEqual({ again: true, delivered: true });
  for (const each of agents) expect(each.output()).not.toMatch(/canary-token|whsec_/);
});
