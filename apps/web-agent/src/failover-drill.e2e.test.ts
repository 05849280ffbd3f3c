import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Database, openDatabase } from '@rcm/db';
import { recordRestore } from '@rcm/db/admin';
import { getPortalTask } from '@rcm/db/tasks';
import {
  claimFolder,
  FOLDER_PREFIX,
  openRelay,
  type Relay,
  type RestartablePostgres,
  type StandbyPostgres,
  startStandby,
  startThrowawayPostgres,
} from '@rcm/test-services';
import { type EnvironmentEndpoint, openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readWebAgentConfig } from './config.ts';
import { askForTask, closeDrilled, dieAfterChange } from './drill.fixture.ts';
import { type AgentProcess, startAgent } from './process.fixture.ts';
import { openTaskKeys } from './task-keys.ts';

/** In SSM, and in Secrets Manager, which copies by itself. */
const LOGINS = { ssm: 5, replicated: 2 };
const MAIN = { agent: 'main.ts', rotator: '../../rotator/src/main.ts' } as const;
/** They only end what hangs. */
const LONG_MS = 1_800_000;

let folder: string;
let primary: RestartablePostgres;
let standby: StandbyPostgres;
/** The name of the database, which is moved from one server to the other. */
let relay: Relay;
let testEnvironment: TestEnvironment;
let tasks: Database;
let agent: AgentProcess | undefined;
const started: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), FOLDER_PREFIX));
  await claimFolder(folder);
  primary = await startThrowawayPostgres({ folder });
  const portalType = { propagationDelayMs: 500, lockoutWindowSeconds: 900 };
  testEnvironment = await openTestEnvironment({
    endpoints: Array(LOGINS.ssm).fill('alpine') as 'alpine'[],
    portalType,
    server: primary.url,
    secondRegion: true,
  });
  for (let i = 0; i < LOGINS.replicated; i += 1) await testEnvironment.addEndpoint('alpine', 'secrets-manager');
  standby = await startStandby(primary);
  relay = await openRelay(primary.url);
  await writeFile(join(folder, 'task-key'), randomBytes(32).toString('hex'), { mode: 0o600 });
  const config = readWebAgentConfig(environmentOf('agent'));
  tasks = openDatabase({ url: moved(testEnvironment.databaseUrl), applicationName: 'drill', dataKeys: openTaskKeys(config) });
}, LONG_MS);
afterAll(async () => {
  agent?.signal('SIGKILL');
  await agent?.ended();
  for (const child of started) child.kill('SIGKILL');
  await tasks?.close();
  await closeDrilled(testEnvironment);
  await relay?.close();
  await standby?.stop();
  await primary?.stop();
  await rm(folder, { recursive: true, force: true });
});

function moved(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.port = new URL(relay.url).port;
  return url.href;
}

function environmentOf(app: keyof typeof MAIN): NodeJS.ProcessEnv {
  const { RCM_DATABASE_URL_FILE: file = '', ...ofRole } = testEnvironment.environmentOf(`rcm_${app}`);
  const lies = Object.entries(ofRole).filter(([name]) => !name.startsWith('RCM_VAULT_'));
  return {
    ...process.env,
    ...Object.fromEntries(lies),
    RCM_DATABASE_URL: moved(readFileSync(file, 'utf8')),
    RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn(app),
    // Tasks' own data are sealed by a key that no region takes with it.
    RCM_TASK_KEYS: 'file',
    RCM_TASK_KEY_FILE: join(folder, 'task-key'),
    RCM_TASK_KEY_ID: '1',
    RCM_AGENT_PUT_OFF_MS: '500',
  };
}

async function rotator(...args: string[]): Promise<{ readonly code: number; readonly said: string }> {
  const main = fileURLToPath(new URL(MAIN.rotator, import.meta.url));
  const options = { env: environmentOf('rotator'), timeout: LONG_MS };
  return promisify(execFile)(process.execPath, ['--disable-sigusr1', main, ...args, '--json'], options).then(
    ({ stdout, stderr }) => ({ code: 0, said: stdout + stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, said: stdout + stderr }),
  );
}

const account = ({ portal, username }: EnvironmentEndpoint) => testEnvironment.portals.account(portal, username);

/** One task at a login, by the web-agent that runs, however long it takes. */
async function use(login: EnvironmentEndpoint): Promise<void> {
  const { orgId, id } = login;
  const taskId = await askForTask(tasks, login);
  for (;;) {
    const task = await getPortalTask(tasks, { orgId, taskId });
    if (task?.state === 'succeeded') return;
    if (task?.state === 'failed') throw new Error(`a task at ${id} failed: ${JSON.stringify(task)}\n${agent?.output() ?? ''}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const openRotations = () => tasks.transaction('every tenant', (tx) => tx.rotationAttempt.count({ where: { endedAt: null } }));

/** The lease of a rotator that died is over, and so is the time in which its change may still reach the portal. */
const minutesLater = ({ loginIdentity }: EnvironmentEndpoint) =>
  tasks.transaction('every tenant', async (tx) => {
    await tx.$executeRaw`UPDATE login_lease SET expires_at = clock_timestamp() WHERE login_identity = ${loginIdentity}`;
    await tx.$executeRaw`UPDATE rotation_attempt SET submit_deadline_at = submit_deadline_at - interval '10 minutes' WHERE login_identity = ${loginIdentity} AND ended_at IS NULL`;
  });

/** A rotator that dies when its change has reached the portal. */
async function rotateAndDie(login: EnvironmentEndpoint): Promise<void> {
  const main = fileURLToPath(new URL(MAIN.rotator, import.meta.url));
  const args = ['--disable-sigusr1', main, 'rotate', '--endpoint', login.id, '--reason', 'drill'];
  const child = spawn(process.execPath, args, { env: environmentOf('rotator'), stdio: 'ignore' });
  started.push(child);
  return dieAfterChange(child, testEnvironment, login);
}

it(
  'the first region and the database’s first server go at once: agents get in by the second ones, and nothing is lost or locked',
  { timeout: LONG_MS },
  async () => {
    const [rotated, caught, ...others] = testEnvironment.endpoints as [EnvironmentEndpoint, EnvironmentEndpoint, ...EnvironmentEndpoint[]];
    const replicated = others.filter(({ secretArn }) => secretArn.includes(':secretsmanager:'));
    const copies = async (): Promise<unknown> => JSON.parse((await rotator('copies', '--reason', 'drill')).said.split('\n')[0] ?? '');
    expect(await copies()).toMatchObject({ written: LOGINS.ssm, replicating: LOGINS.replicated, failed: 0 });
    for (const { id } of [rotated, replicated[0]!]) expect(await rotator('rotate', '--endpoint', id, '--reason', 'drill')).toMatchObject({ code: 0 });
    expect(await copies()).toMatchObject({ current: testEnvironment.endpoints.length, failed: 0 });
    agent = await startAgent(environmentOf('agent'));
    for (const login of testEnvironment.endpoints) await use(login);
    await rotateAndDie(caught);
    expect(await openRotations()).toBe(1);

    // Everything of the first place is gone at once: agents, the store with its key, and the server with what it had not sent yet.
    const logins = async () => Promise.all([rotated, ...others].map(async (login) => (await account(login)).loginsAccepted));
    const loggedIn = await logins();
    process.kill(primary.pid, 'SIGKILL');
    testEnvironment.aws.setFaults({ kind: 'drop' });
    agent.signal('SIGKILL');
    const gone = performance.now();
    relay.cut();
    await standby.promote();
    relay.moveTo(standby.url);
    // Else nobody would log in until every portal has forgotten what may have failed meanwhile, which is no hour for a drill.
    await recordRestore(tasks, { kind: 'nothing_lost', actor: 'person:os:drill', reason: 'no login had failed' });
    agent = await startAgent(environmentOf('agent'));
    await use(rotated);
    const firstMs = performance.now() - gone;
    for (const login of others) await use(login);
    expect(await logins()).toEqual(loggedIn.map((count) => count + 1));
    expect(agent.output()).toContain('credentials are read from the second');
    const allMs = performance.now() - gone;
    process.stdout.write(
      `failover drill: first login ${(firstMs / 1_000).toFixed(1)} s, ${others.length + 1} logins ${(allMs / 1_000).toFixed(1)} s after both were gone\n`,
    );

    // No rotation submits what it could not store.
    const changes = async () => Promise.all(testEnvironment.endpoints.map(async (login) => (await account(login)).passwordsChanged));
    const before = await changes();
    expect((await rotator('rotate', '--endpoint', others[0]?.id ?? '', '--reason', 'drill')).code).not.toBe(0);
    expect(await changes()).toEqual(before);

    testEnvironment.aws.setFaults({ kind: 'none' });
    await minutesLater(caught);
    while ((await openRotations()) > 0) await rotator('recover', '--reason', 'drill');
    expect(await rotator('copies', '--reason', 'drill')).toMatchObject({ code: 0 });
    expect((await account(caught)).passwordsChanged).toBe(1);
    for (const login of testEnvironment.endpoints) {
      await use(login);
      expect([login.id, await testEnvironment.portalAcceptsStore(login.id)]).toEqual([login.id, true]);
      expect(await account(login)).toMatchObject({ locked: false, accountsLocked: 0 });
    }
  },
);
