import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { openDatabase } from '@rcm/db';
import { insertEndpoint, upsertOrganization, upsertPortalType } from '@rcm/db/admin';
import { keyFileWrapping } from '@rcm/db/sealing';
import { createPortalTask, getPortalTask } from '@rcm/db/tasks';
import { migrateWithLogins, PLAIN_PORTAL_TYPE, urlFor } from '@rcm/db/testing';
import { Secret } from '@rcm/telemetry';
import { compileCache, freshDatabase } from '@rcm/test-services';
import { afterAll, beforeAll, expect, it } from 'vitest';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let taskId: string;
const [OLD, NEW] = ['o'.repeat(40), 'n'.repeat(40)];
const agentsWith = (id: string, key: string) =>
  openDatabase({
    ...{ url: urlFor('rcm_agent', database.url), applicationName: 'test', role: 'rcm_agent' },
    dataKeys: keyFileWrapping({ id, key: new Secret(key) }),
  });

/** The command in a process of its own. */
const webAgent = (args: readonly string[], keys: Readonly<Record<string, string>>) =>
  new Promise<{ readonly code: number; readonly out: string; readonly err: string }>((resolve) => {
    const env = {
      ...compileCache(),
      ...{ PATH: process.env.PATH, RCM_ALLOW_ROOT: 'yes', RCM_BROWSER_SANDBOX: 'off', RCM_ENVIRONMENT: 'test', RCM_IDENTITY_KEY: 'i'.repeat(32) },
      ...{ RCM_DATABASE_URL: urlFor('rcm_agent', database.url), RCM_TASK_KEYS: 'file', ...keys },
      ...{ RCM_AWS_REGION: 'us-east-1', RCM_AWS_ACCOUNT_ID: '123456789012', RCM_KMS_KEY_ID: 'alias/rcm' },
      RCM_TENANT_ROLE_ARN: 'arn:aws:iam::123456789012:role/rcm-agent-tenant',
    };
    execFile(process.execPath, ['--disable-sigusr1', join(import.meta.dirname, '..', 'main.ts'), ...args], { env }, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out, err }),
    );
  });
const BOTH = { RCM_TASK_KEY: NEW, RCM_TASK_KEY_ID: '2', RCM_PREVIOUS_TASK_KEY: OLD, RCM_PREVIOUS_TASK_KEY_ID: '1' };

beforeAll(async () => {
  database = await freshDatabase({ migrate: migrateWithLogins });
  const owner = openDatabase({ url: database.url, applicationName: 'test' });
  await upsertPortalType(owner, PLAIN_PORTAL_TYPE);
  await upsertOrganization(owner, { id: 'mercy', name: 'Mercy' });
  await insertEndpoint(owner, { id: 'mercy-1', orgId: 'mercy', portalTypeCode: 'alpine', accountId: 'a', baseUrl: 'https://alpine.example/' });
  const db = agentsWith('1', OLD);
  const requester = { kind: 'token', subject: 'claims', issuer: 'https://identity.example/' } as const;
  ({ taskId } = await createPortalTask(db, { orgId: 'mercy', endpointId: 'mercy-1', name: 'n', input: { claim: 'c' }, requester }));
  await Promise.all([db.close(), owner.close()]);
});
afterAll(() => database?.drop());

it.each([
  ['another key by the id of one that is in use', { RCM_TASK_KEY: NEW, RCM_TASK_KEY_ID: '1' }, 'the id 1 belongs to another task key'],
  ['the new key alone', { RCM_TASK_KEY: NEW, RCM_TASK_KEY_ID: '2' }, 'the key file with the id 1'],
])('with %s a web-agent ends at its start, exit code 2, and nothing becomes of the task', async (_, keys, words) => {
  const { code, err } = await webAgent(['run'], keys);
  expect([code, err]).toEqual([2, expect.stringContaining(words)]);
  const db = agentsWith('1', OLD);
  expect(await getPortalTask(db, { orgId: 'mercy', taskId })).toMatchObject({ state: 'queued', input: { claim: 'c' } });
  await db.close();
});

it('keys says what is under which key, --move asks why, moves it over with an event, and then the old key may go', async () => {
  const before = await webAgent(['keys', '--json'], BOTH);
  expect([before.code, JSON.parse(before.out)]).toEqual([0, { current: 'file:2', dataKeys: [{ wrappedBy: 'file:1', count: 1 }] }]);
  const silent = await webAgent(['keys', '--move'], BOTH);
  expect([silent.code, silent.err]).toEqual([2, expect.stringContaining('Say why, with --reason')]);
  const moved = await webAgent(['keys', '--move', '--reason', 'a year old', '--json'], BOTH);
  expect([moved.code, JSON.parse(moved.out)]).toEqual([0, { current: 'file:2', moved: 1, notMoved: [], left: [] }]);
  const db = agentsWith('2', NEW);
  expect(await getPortalTask(db, { orgId: 'mercy', taskId })).toMatchObject({ input: { claim: 'c' } });
  await db.close();
  const owner = openDatabase({ url: database.url, applicationName: 'test' });
  const events = await owner.transaction({ tenant: 'mercy' }, (tx) => tx.auditEvent.findMany({ where: { action: 'task_key.moved' } }));
  expect(events).toMatchObject([
    { actor: expect.stringMatching(/^terminal:.+@/) as string, reason: 'a year old', details: { from: 'file:1', to: 'file:2', dataKeys: 1 } },
  ]);
  await owner.close();
});
