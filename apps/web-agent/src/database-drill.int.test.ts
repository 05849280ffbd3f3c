import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parsePayload, parseReference, serializePayload } from '@rcm/credentials';
import { type Database, openDatabase } from '@rcm/db';
import { getPortalTask } from '@rcm/db/tasks';
import { asSuperuser } from '@rcm/db/testing';
import { hasCode } from '@rcm/telemetry';
import { backend } from '@rcm/test-services';
import { postgresTools, type RunningService, startPostgresContainer } from '@rcm/test-services/containers';
import { type EnvironmentEndpoint, openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readWebAgentConfig } from './config.ts';
import { askForTask, closeDrilled, dieAfterChange } from './drill.fixture.ts';
import { type AgentProcess, startAgent } from './process.fixture.ts';
import { openTaskKeys } from './task-keys.ts';

const MAIN = { rotator: '../../rotator/src/main.ts', rcm: '../../cli/src/main.ts' } as const;
const PAGE = fileURLToPath(new URL('../../../docs/rotation.md', import.meta.url));
/** They only end what hangs. */
const LONG_MS = 3_600_000;
const LOCKOUT_MS = 900_000;
/** What the portal locks after, and what its type's margin of 1 leaves to us. */
const THRESHOLD = 3;
const OURS = THRESHOLD - 1;
/** A rotator that finds the password does so after one refusal, or after a few where it gets no time: agents try again after each cool-down, which is short here. */
const MOST_REFUSED = 20;
/** Everything that Postgres has a time of, but for leases, tasks' deadlines and the audit trail. */
const AGED = ['integration_endpoint', 'login_attempt', 'login_clearance', 'rotation_attempt', 'portal_gate', 'notice', 'database_restore'];

let folder: string;
/** The server that is lost, and the one on which the dump is restored. */
let first: RunningService;
let second: RunningService;
let testEnvironment: TestEnvironment;
/** The database where it is now. */
let databaseUrl: string;
let db: Database;
let agent: AgentProcess | undefined;
const started: ChildProcess[] = [];

async function stopAgent(): Promise<void> {
  agent?.signal('SIGTERM');
  await agent?.ended();
}

const programOf = (name: keyof typeof MAIN): string => fileURLToPath(new URL(MAIN[name], import.meta.url));
const account = ({ portal, username }: EnvironmentEndpoint) => testEnvironment.portals.account(portal, username);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The same login and password at the server where the database is now. */
function moved(url: string): string {
  const { hostname, port } = new URL(databaseUrl);
  return Object.assign(new URL(url), { hostname, port }).href;
}

function environmentOf(app: 'agent' | 'rotator'): NodeJS.ProcessEnv {
  const { RCM_DATABASE_URL_FILE: file = '', ...ofRole } = testEnvironment.environmentOf(`rcm_${app}`);
  return {
    ...process.env,
    ...ofRole,
    RCM_DATABASE_URL: moved(readFileSync(file, 'utf8')),
    RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn(app),
    RCM_TASK_KEYS: 'file',
    RCM_TASK_KEY_FILE: join(folder, 'task-key'),
    RCM_TASK_KEY_ID: '1',
    RCM_AGENT_PUT_OFF_MS: '500',
    // Every task logs in, with what the store holds now.
    RCM_AGENT_KEPT_SESSIONS: '0',
    RCM_CREDENTIALS_TTL_MS: '1',
    RCM_CREDENTIALS_STALE_MS: '0',
    RCM_HEALTH_PORT: '0',
    RCM_ROTATOR_RECOVERY_MS: '500',
    RCM_ROTATOR_MEND_SCAN_MS: '500',
    RCM_ROTATOR_MEND_PAUSE_MS: '0',
  };
}

function openDrill(): Database {
  return openDatabase({ url: databaseUrl, applicationName: 'drill', dataKeys: openTaskKeys(readWebAgentConfig(environmentOf('agent'))) });
}

interface Ended {
  readonly code: number | null;
  readonly said: string;
}

async function ends(child: ChildProcess): Promise<Ended> {
  started.push(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => void (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

const startRotator = (args: readonly string[], stdio: 'ignore' | 'pipe' = 'pipe'): ChildProcess =>
  spawn(process.execPath, ['--disable-sigusr1', programOf('rotator'), ...args], { env: environmentOf('rotator'), stdio: ['ignore', stdio, stdio] });

const rotate = ({ id }: EnvironmentEndpoint) => ends(startRotator(['rotate', '--endpoint', id, '--reason', 'drill', '--json']));

/** The page's own lines about a dump: how it is made, and how it is restored. */
function linesOfPage(): readonly [make: string, restore: string] {
  const [, section = ''] = readFileSync(PAGE, 'utf8').split('#### A dump and its restore\n');
  const [make, restore] = [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, lines = '']) => lines);
  if (make === undefined || restore === undefined) throw new Error(`${PAGE} says no more how a dump is made and restored`);
  return [make, restore];
}

/** As a person types it who has the Postgres tools, and `rcm` as the owner of the database. */
async function type(lines: string, variables: Readonly<Record<string, string>>): Promise<string> {
  const rcm = `rcm() { "${process.execPath}" --disable-sigusr1 "${programOf('rcm')}" "$@"; }\n`;
  const env = { ...environmentOf('rotator'), RCM_DATABASE_URL: databaseUrl, RCM_OWNER_DATABASE_URL: databaseUrl, WHY: 'the server is gone', ...variables };
  const shell = spawn('bash', ['-euo', 'pipefail', '-c', `${postgresTools()}${rcm}${lines}`], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const { code, said } = await ends(shell);
  expect([code, said]).toEqual([0, said]);
  return said;
}

const ask = (login: EnvironmentEndpoint) => askForTask(db, login);

/** How a task ended, however long it takes: `succeeded`, or why it failed. `unless`: for what it may be put off, and then it is not waited for. */
async function endOf({ orgId }: EnvironmentEndpoint, taskId: string, unless?: string): Promise<string> {
  for (;;) {
    const task = await getPortalTask(db, { orgId, taskId });
    if (unless !== undefined && task?.requeueReason === unless) return unless;
    if (task?.state === 'succeeded') return 'succeeded';
    if (task?.state === 'failed') return task.errorCode ?? '';
    await pause(100);
  }
}
const use = async (login: EnvironmentEndpoint) => endOf(login, await ask(login));

/** A person stores another password, and tells nobody. */
async function save({ orgId, secretArn }: EnvironmentEndpoint, password: string): Promise<void> {
  const [store, reference] = [testEnvironment.stores.forTenant(orgId), parseReference(secretArn)];
  const current = await store.read(reference);
  if (!current) throw new Error('the secret is gone');
  await store.replace(reference, serializePayload(parsePayload(current.text).map((payload) => ({ ...payload, password }))), current.version);
}

const rotateAndDie = (login: EnvironmentEndpoint) => {
  const rotator = startRotator(['rotate', '--endpoint', login.id, '--reason', 'drill'], 'ignore');
  started.push(rotator);
  return dieAfterChange(rotator, testEnvironment, login);
};

const openRotations = () => db.transaction('every tenant', (tx) => tx.rotationAttempt.count({ where: { endedAt: null } }));

const triesAtPortals = async () =>
  Promise.all(testEnvironment.endpoints.map(async (login) => [login.id, (await testEnvironment.portals.history(login)).tries.length] as const)).then(
    Object.fromEntries,
  );

/** By the portal's own record alone. */
async function expectNobodyLocked(): Promise<void> {
  for (const login of testEnvironment.endpoints) {
    const counted = await account(login);
    expect([login.id, counted]).toMatchObject([login.id, { locked: false, accountsLocked: 0 }]);
    expect(counted.mostFailures, login.id).toBeLessThanOrEqual(OURS);
  }
}

/**
 * So much time passes at the portals and in the database, where at this moment nobody holds a login or writes anything; whether it did. Nobody begins anything while one of the two
 * is ahead of the other.
 */
async function pass(ms: number): Promise<boolean> {
  const seconds = ms / 1_000;
  const passing = db.transaction('every tenant', async (tx) => {
    const [all] = await tx.$queryRaw<{ tables: string }[]>`
      SELECT string_agg(quote_ident(table_name), ', ') AS tables FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`;
    await tx.$executeRawUnsafe(`LOCK TABLE ${all?.tables ?? ''} IN EXCLUSIVE MODE NOWAIT`);
    const [held] = await tx.$queryRaw<{ n: number }[]>`SELECT count(*)::int AS n FROM login_lease WHERE expires_at > clock_timestamp()`;
    if (held?.n !== 0) return false;
    const columns = await tx.$queryRaw<{ relation: string; name: string }[]>`
      SELECT table_name::text AS relation, column_name::text AS name FROM information_schema.columns
       WHERE table_schema = 'public' AND data_type = 'timestamp with time zone' AND table_name = ANY (${AGED})`;
    for (const { relation, name } of columns)
      await tx.$executeRawUnsafe(`UPDATE ${relation} SET ${name} = ${name} - make_interval(secs => $1::float8)`, seconds);
    await tx.$executeRaw`UPDATE portal_task SET not_before = not_before - make_interval(secs => ${seconds}::float8) WHERE state = 'queued'`;
    await testEnvironment.portals.advance(ms);
    return true;
  });
  return passing.catch((error: unknown) => {
    if (hasCode(error, 'database_unavailable')) return false;
    throw error;
  });
}

async function untilPassed(ms: number): Promise<void> {
  while (!(await pass(ms))) await pause(100);
}

describe.skipIf(backend() !== 'containers')('the database drill (pg_dump comes with the container image: on containers only)', { timeout: LONG_MS }, () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rcm-database-drill-'));
    [first, second] = await Promise.all([startPostgresContainer(), startPostgresContainer()]);
    const portalType = { settleMs: 500, lockoutWindowSeconds: LOCKOUT_MS / 1_000 };
    testEnvironment = await openTestEnvironment({
      endpoints: Array(4).fill('alpine') as 'alpine'[],
      portalType,
      server: first.url,
      lockoutWindowMs: LOCKOUT_MS,
    });
    await testEnvironment.addEndpoint('alpine', 'secrets-manager');
    await writeFile(join(folder, 'task-key'), randomBytes(32).toString('hex'), { mode: 0o600 });
    ({ databaseUrl } = testEnvironment);
    db = openDrill();
    // As on a platform that does not tell which server this is: nobody but a person can say that it is another one.
    await asSuperuser(databaseUrl, ['REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC']);
  }, LONG_MS);
  afterAll(async () => {
    agent?.signal('SIGKILL');
    await agent?.ended();
    for (const child of started) child.kill('SIGKILL');
    await db?.close();
    await closeDrilled(testEnvironment);
    await Promise.all([first?.stop(), second?.stop()]);
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  it('a dump is restored on another server, and the store is ahead of it: nobody is locked, and every login gets in', async () => {
    const [caught, edited, failing, untouched, rotated] = testEnvironment.endpoints as [
      EnvironmentEndpoint,
      EnvironmentEndpoint,
      EnvironmentEndpoint,
      EnvironmentEndpoint,
      EnvironmentEndpoint,
    ];
    const [makeDump, restoreDump] = linesOfPage();
    agent = await startAgent(environmentOf('agent'));
    expect(await rotate(rotated)).toMatchObject({ code: 0 });
    for (const login of testEnvironment.endpoints) expect([login.id, await use(login)]).toEqual([login.id, 'succeeded']);
    // A task that is queued in the dump, and done after it.
    await stopAgent();
    const queued = await ask(untouched);
    await type(makeDump, { FROM: databaseUrl });
    agent = await startAgent(environmentOf('agent'));

    // What happens from here on, the dump does not know. No rotator runs that would mend the login whose password a person stored wrongly.
    expect(await rotate(rotated)).toMatchObject({ code: 0 });
    expect(await use(rotated)).toBe('succeeded');
    await rotateAndDie(caught);
    await testEnvironment.portals.createAccount({ portal: edited.portal, username: edited.username, password: 'Set-By-A-Person-1' });
    await save(edited, 'Set-By-A-Person-1');
    expect(await use(edited)).toBe('succeeded');
    for (let wrong = 1; wrong <= OURS; wrong += 1) {
      await save(failing, `Stored-Wrongly-${wrong}`);
      expect(await use(failing)).toBe('login_rejected');
    }
    expect(await account(failing)).toMatchObject({ loginsRejected: OURS, mostFailures: OURS, accountsLocked: 0 });
    expect(await endOf(untouched, queued)).toBe('succeeded');

    const gone = performance.now();
    await first.stop();
    await stopAgent();
    await db.close();
    databaseUrl = Object.assign(new URL(second.url), { pathname: new URL(databaseUrl).pathname }).href;
    const before = await triesAtPortals();
    await type(restoreDump, { TO: second.url });
    db = openDrill();
    started.push(startRotator(['run'], 'ignore'));
    agent = await startAgent(environmentOf('agent'));

    // Every login cools down, whoever asks for it; also the task that the dump has as queued.
    const asked = await Promise.all(testEnvironment.endpoints.map(async (login) => ({ login, taskId: login === untouched ? queued : await ask(login) })));
    for (const { login, taskId } of asked) await endOf(login, taskId, 'throttled');
    await expectNobodyLocked();
    expect(await triesAtPortals()).toEqual(before);
    const throttledMs = performance.now() - gone;

    await untilPassed(LOCKOUT_MS);
    const from = performance.now();
    const waiting = new Map(asked.map(({ login, taskId }) => [login, { taskId, refused: 0 }]));
    while (waiting.size > 0) {
      for (const [login, { taskId, refused }] of waiting) {
        const task = await getPortalTask(db, { orgId: login.orgId, taskId });
        if (task?.state === 'succeeded') waiting.delete(login);
        if (task?.state !== 'failed') continue;
        // What its store holds was refused, and is searched for by a rotator.
        expect([login.id, task.errorCode]).toEqual([login.id, 'login_rejected']);
        expect(refused, `nobody finds what the portal accepts for ${login.id}`).toBeLessThan(MOST_REFUSED);
        waiting.set(login, { taskId: await ask(login), refused: refused + 1 });
      }
      await pause(500);
      await pass(60_000);
      await expectNobodyLocked();
    }
    const inMs = performance.now() - from;
    for (const login of testEnvironment.endpoints) expect([login.id, await testEnvironment.portalAcceptsStore(login.id)]).toEqual([login.id, true]);
    process.stdout.write(
      `database drill: restored and started ${(throttledMs / 1_000).toFixed(1)} s after the server was gone, every login in ${(inMs / 1_000).toFixed(1)} s after the cool-down\n`,
    );

    // The journal and the copies that it does not know keep no login from being rotated.
    for (const login of [caught, rotated]) {
      const { passwordsChanged } = await account(login);
      while ((await account(login)).passwordsChanged === passwordsChanged || (await openRotations()) > 0) {
        await rotate(login);
        await pass(LOCKOUT_MS);
      }
      expect([login.id, await use(login), await testEnvironment.portalAcceptsStore(login.id)]).toEqual([login.id, 'succeeded', true]);
      expect((await account(login)).passwordsChanged).toBe(passwordsChanged + 1);
    }
    await expectNobodyLocked();
  });
});
