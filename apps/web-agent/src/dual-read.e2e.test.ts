import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { getEndpoint } from '@rcm/db';
import { insertEndpoint } from '@rcm/db/admin';
import { createPortalTask, getPortalTask } from '@rcm/db/tasks';
import { Secret } from '@rcm/telemetry';
import { openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AgentProcess, startAgent } from './process.fixture.ts';

const MAIN = { agent: 'main.ts', rotator: '../../rotator/src/main.ts', migrator: '../../migrator/src/main.ts' } as const;
const ROLE = { agent: 'rcm_agent', rotator: 'rcm_rotator', migrator: 'rcm_migrator' } as const;
const DEADLINE_MS = 240_000;
const LOGINS = 4;
/** As a legacy table writes them. */
const SHAPES = [
  (username: string, password: string) => ({ username, password }),
  (username: string, password: string) => ({ user: username, pwd: password }),
  (username: string, password: string) => JSON.stringify({ loginName: username, passwd: password }),
  (username: string, password: string) => [{ userName: username, password: `${password}\n` }],
] as const;

let testEnvironment: TestEnvironment;
let agent: AgentProcess | undefined;
const ids = Array.from({ length: LOGINS }, (_, number) => `legacy-${number + 1}`);
const usernameOf = (id: string) => `user-of-${id}`;

beforeAll(async () => {
  testEnvironment = await openTestEnvironment({ endpoints: ['alpine'], portalType: { propagationDelayMs: 200 } });
  const alpine = await getEndpoint(testEnvironment.db, { orgId: testEnvironment.orgId, endpointId: 'alpine-1' });
  for (const [number, id] of ids.entries()) {
    const [username, password] = [usernameOf(id), `canary-Old-${number + 1}!`];
    await testEnvironment.portals.createAccount({ portal: 'alpine', username, password });
    const config = new Secret({ credentials: SHAPES[number]?.(username, password), timeout: 5 });
    await insertEndpoint(testEnvironment.db, {
      id,
      orgId: testEnvironment.orgId,
      portalTypeCode: 'alpine',
      accountId: id,
      baseUrl: alpine?.baseUrl ?? '',
      config,
    });
  }
}, DEADLINE_MS);
afterAll(async () => {
  agent?.signal('SIGKILL');
  await agent?.ended();
  await testEnvironment?.close();
});

const environmentOf = (app: keyof typeof MAIN): NodeJS.ProcessEnv => ({
  ...process.env,
  ...testEnvironment.environmentOf(ROLE[app]),
  RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn(app),
});

/** One command of an app as a process of its own: its JSON, and its exit code. */
async function run(
  app: keyof typeof MAIN,
  parameters: readonly string[],
  more: NodeJS.ProcessEnv = {},
): Promise<{ readonly code: number; readonly answer: unknown }> {
  const main = fileURLToPath(new URL(MAIN[app], import.meta.url));
  const options = { env: { ...environmentOf(app), RCM_LOG_LEVEL: 'error', ...more }, timeout: DEADLINE_MS };
  const ended = await promisify(execFile)(process.execPath, ['--disable-sigusr1', main, ...parameters, '--json'], options).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (error: { code: number; stdout: string }) => error,
  );
  return { code: ended.code, answer: JSON.parse(ended.stdout) };
}

async function claimStatus(endpointId: string): Promise<string> {
  const requester = { kind: 'terminal', name: 'test@host' } as const;
  const task = { orgId: testEnvironment.orgId, endpointId, name: 'claim_status', input: { claim_number: 'CLM-1001' }, requester, reason: 'test' };
  return (await createPortalTask(testEnvironment.db, task)).taskId;
}

async function done(taskId: string): Promise<string> {
  const giveUpAt = Date.now() + DEADLINE_MS;
  for (;;) {
    const task = await getPortalTask(testEnvironment.db, { orgId: testEnvironment.orgId, taskId });
    if (task?.state === 'succeeded' || task?.state === 'failed') return task.state;
    if (Date.now() > giveUpAt) throw new Error(`task ${taskId} is still ${task?.state}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

it('tasks go on from before a migration to after it, and nothing is rotated while somebody may still read rows', { timeout: 3 * DEADLINE_MS }, async () => {
  expect(await run('agent', ['task', '--endpoint', 'legacy-1', '--input', '{"claim_number":"CLM-1001"}', '--reason', 'test'])).toMatchObject({
    code: 1,
    answer: { kind: 'failed', code: 'secret_missing' },
  });

  agent = await startAgent({ ...environmentOf('agent'), RCM_LEGACY_READ: 'allow', RCM_LOG_LEVEL: 'trace', RCM_AGENT_PUT_OFF_MS: '500' });
  expect(agent.output()).toContain('RCM_LEGACY_READ=allow');
  const before = await Promise.all((await Promise.all(ids.map(claimStatus))).map(done));
  expect(before).toEqual(ids.map(() => 'succeeded'));

  // While the migrator moves one after the other, tasks are asked for at each of them.
  const beside: Promise<string>[] = [];
  const migration = run('migrator', ['apply', '--reason', 'test'], { RCM_MIGRATOR_WRITES_PER_SECOND: '2', RCM_MIGRATOR_CONCURRENCY: '1' });
  let moving = true;
  void migration.finally(() => (moving = false));
  for (let round = 0; moving || round < 2; round += 1) {
    const tasks = await Promise.all(ids.map(claimStatus));
    beside.push(...tasks.map(done));
    await Promise.all(tasks.map(done));
  }
  expect(await migration).toMatchObject({ code: 0, answer: { migrated: LOGINS, failed: [] } });
  expect(new Set(await Promise.all(beside))).toEqual(new Set(['succeeded']));
  const after = await Promise.all((await Promise.all(ids.map(claimStatus))).map(done));
  expect(after).toEqual(ids.map(() => 'succeeded'));
  for (const id of ids) expect(await testEnvironment.portals.account('alpine', usernameOf(id))).toMatchObject({ loginsRejected: 0, accountsLocked: 0 });

  const rotate = () => run('rotator', ['rotate', '--endpoint', 'legacy-1', '--reason', 'test']);
  expect(await rotate()).toMatchObject({ code: 1, answer: { rotations: [{ result: 'not_started', code: 'rotation_refused' }] } });
  expect(await run('rotator', ['status'])).toMatchObject({ answer: { oldReaders: { held: LOGINS } } });
  expect(await run('migrator', ['old-readers-gone', '--org', testEnvironment.orgId, '--reason', 'test'])).toMatchObject({
    code: 0,
    answer: { oldReadersGone: 1 },
  });
  expect(await rotate()).toMatchObject({ code: 0, answer: { rotations: [{ result: 'done' }] } });
  expect(await done(await claimStatus('legacy-1'))).toBe('succeeded');
  expect(await testEnvironment.portals.account('alpine', usernameOf('legacy-1'))).toMatchObject({ passwordsChanged: 1, loginsRejected: 0 });

  expect(agent.output()).toMatch(/not migrated is used/);
  expect(agent.output()).not.toMatch(/canary-/);
});
