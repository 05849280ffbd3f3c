import { createPortalTask, getPortalTask } from '@rcm/db/tasks';
import { asSuperuser } from '@rcm/db/testing';
import type { PortalSession } from '@rcm/portal-drivers';
import { createMetrics } from '@rcm/telemetry';
import { alarmsTold } from '@rcm/telemetry/testing';
import { openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readWebAgentConfig } from '../config.ts';
import { openWebAgent, type WebAgentProcess, workerOptions } from '../services.ts';
import { TaskWorker } from './worker.ts';

let testEnvironment: TestEnvironment;
let agent: WebAgentProcess;
let worker: TaskWorker;
const signal = new AbortController().signal;
/** What reached the portal. */
let logins = 0;

beforeAll(async () => {
  testEnvironment = await openTestEnvironment({ endpoints: ['alpine'] });
  const environment = testEnvironment.environmentOf('rcm_agent');
  process.env.AWS_SHARED_CREDENTIALS_FILE = environment.AWS_SHARED_CREDENTIALS_FILE;
  const config = readWebAgentConfig({
    ...{ ...process.env, ...environment },
    RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn('agent'),
    RCM_LOG_LEVEL: 'error',
    RCM_AGENT_MAX_TRIES: '1',
  });
  agent = openWebAgent(config);
  const session: PortalSession = {
    login: async ({ beforeSubmit }) => (await beforeSubmit(), (logins += 1), { outcome: { kind: 'accepted' }, submitted: true }),
    changePassword: () => Promise.reject(new Error('not here')),
    runTask: async () => ({ kind: 'found', rows: [] }),
    isLoggedIn: async () => true,
    close: async () => undefined,
  };
  const drivers = { for: () => ({ hash: 'x', openSession: async () => session }) } as unknown as typeof agent.access.drivers;
  worker = new TaskWorker({ db: agent.db, access: { ...agent.access, drivers }, logger: agent.logger, metrics: createMetrics(), ...workerOptions(config) });
});
afterAll(async () => {
  await agent?.close();
  await testEnvironment?.close();
});

/** What needs a new page is refused, and what finds room in an old one is not: the task's own row can be written. */
const fill = (table: string) =>
  asSuperuser(testEnvironment.databaseUrl, [
    `CREATE FUNCTION is_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'could not extend file' USING ERRCODE = '53100'; END $$`,
    `CREATE TRIGGER is_full BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION is_full()`,
  ]);
const haveRoom = () => asSuperuser(testEnvironment.databaseUrl, ['DROP FUNCTION is_full CASCADE', 'UPDATE portal_task SET not_before = now()']);

// The first task logs in, the second is to use the session that was kept.
it.each([
  ['login_attempt', 'database_unavailable'],
  ['audit_event', 'audit_unavailable'],
])('a task waits, and spends no try, while the database has no room for a row of %s, and is done once it has', async (table, reason) => {
  const { orgId } = testEnvironment;
  const task = { orgId, endpointId: 'alpine-1', name: 'claim_status', input: { claim_number: 'CLM-1001' } };
  const { taskId } = await createPortalTask(testEnvironment.db, { ...task, requester: { kind: 'terminal', name: 'test' } });
  const before = logins;
  await fill(table);
  expect(await worker.handle({ taskId, orgId }, signal)).toMatchObject({ kind: 'put_off', reason });
  expect(await getPortalTask(testEnvironment.db, { taskId, orgId })).toMatchObject({ state: 'queued', tries: 0, requeueReason: reason });
  expect(logins).toBe(before);
  // The task is put off again and again, so that none seems to wait for long.
  expect(await alarmsTold(agent.metrics, 'web-agent')).toEqual({ prometheus: ['rcm-database-refuses'], cloudWatch: ['rcm-database-refuses'] });
  await haveRoom();
  expect(await worker.handle({ taskId, orgId }, signal)).toMatchObject({ kind: 'succeeded' });
  expect(logins).toBe(before + 1);
});
