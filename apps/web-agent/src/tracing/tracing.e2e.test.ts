import { createPortalTask } from '@rcm/db/tasks';
import { openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readWebAgentConfig } from '../config.ts';
import { openWebAgent, type WebAgentProcess, workerOptions } from '../services.ts';
import { TaskWorker } from '../tasks/worker.ts';
import { attributesOf, type Collector, startCollector } from '@rcm/portal-access/tracing/testing';
import { openTracing, type Tracing } from '@rcm/portal-access/tracing';

const PATIENT = 'canary-patient-4711';
let testEnvironment: TestEnvironment;
let agent: WebAgentProcess;
let worker: TaskWorker;
let collector: Collector;
let tracing: Tracing;
beforeAll(async () => {
  collector = await startCollector();
  tracing = await openTracing(collector.url, 'rcm-web-agent');
  testEnvironment = await openTestEnvironment({ endpoints: ['alpine'], portalType: { propagationDelayMs: 200 } });
  process.env.AWS_SHARED_CREDENTIALS_FILE = testEnvironment.environmentOf('rcm_agent').AWS_SHARED_CREDENTIALS_FILE;
  const own = { RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn('agent'), RCM_LOG_LEVEL: 'error' };
  const config = readWebAgentConfig({ ...process.env, ...testEnvironment.environmentOf('rcm_agent'), ...own });
  agent = openWebAgent(config, { tracing });
  worker = new TaskWorker({ db: agent.db, access: agent.access, logger: agent.logger, metrics: agent.metrics, tracing, ...workerOptions(config) });
});
afterAll(async () => {
  await agent?.close();
  await testEnvironment?.close();
  await collector?.close();
});

it('a task, its lease, its login and the store call that it costs are in the task’s trace, and nothing of them is said', async () => {
  const endpoint = testEnvironment.endpoint('alpine-1');
  const { orgId } = endpoint;
  const asked = {
    orgId,
    endpointId: endpoint.id,
    name: 'claim_status',
    input: { claim_number: PATIENT },
    requester: { kind: 'terminal', name: 'test' },
  } as const;
  const { taskId } = await createPortalTask(testEnvironment.db, asked);
  expect(await worker.handle({ taskId, orgId }, new AbortController().signal)).toMatchObject({ kind: 'succeeded' });
  await tracing.close();
  const spans = collector.spans();
  const [task] = spans.filter(({ name }) => name === 'task');
  expect(spans.map(({ traceId }) => traceId)).toEqual(spans.map(() => taskId.replaceAll('-', '')));
  expect(spans.filter(({ name }) => name === 'store read').map((span) => [span.parentSpanId, attributesOf(span)])).toEqual([
    [task?.spanId, { 'rcm.secrets': 1 }],
  ]);
  for (const [name, attributes] of [
    ['lease', { 'rcm.kind': 'shared', 'rcm.given': 'yes' }],
    ['login', { 'rcm.outcome': 'accepted' }],
  ] as const)
    expect(spans.filter((span) => span.name === name).map((span) => [span.parentSpanId, attributesOf(span)])).toEqual([[task?.spanId, attributes]]);
  for (const value of [PATIENT, orgId, endpoint.id, endpoint.username, endpoint.secretArn, 'CLM-']) expect(collector.text()).not.toContain(value);
});
