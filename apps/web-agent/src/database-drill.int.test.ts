import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Database, openDatabase } from '@rcm/db';
import { getPortalTask } from '@rcm/db/tasks';
import { asSuperuser } from '@rcm/db/testing';
import { backend } from '@rcm/test-services';
import { postgresTools, type RunningService, startPostgresContainer } from '@rcm/test-services/containers';
import { type EnvironmentEndpoint, openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readWebAgentConfig } from './config.ts';
import { askForTask, closeDrilled, dieAfterChange, endOf, expectNobodyLocked, save, triesAtPortals } from './drill.fixture.ts';
import { drillEnvironment } from './drill-environment.fixture.ts';
import { pass } from './drill-time.fixture.ts';
import { linesOfPage } from './dump-lines.fixture.ts';
import { type AgentProcess, startAgent } from './process.fixture.ts';
import { openTaskKeys } from './task-keys.ts';

const MAIN = { rotator: '../../rotator/src/main.ts', rcm: '../../cli/src/main.ts' } as const;
/** They only end what hangs. */
const LONG_MS = 3_600_000;
const LOCKOUT_MS = 900_000;
/** What the portal locks after, and what its type's margin of 1 leaves to us. */
const THRESHOLD = 3;
const OURS = THRESHOLD - 1;
/** A rotator that finds the password does so after one refusal, or after a few where it gets no time: agents try again after each cool-down, which is short here. */
const MOST_REFUSED = 20;

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

const environmentOf = (app: 'agent' | 'rotator'): NodeJS.ProcessEnv => drillEnvironment({ testEnvironment, databaseUrl, folder }, app);

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

const use = async (login: EnvironmentEndpoint) => endOf(db, { login, taskId: await ask(login) });

const rotateAndDie = (login: EnvironmentEndpoint) => {
  const rotator = startRotator(['rotate', '--endpoint', login.id, '--reason', 'drill'], 'ignore');
  started.push(rotator);
  return dieAfterChange(rotator, testEnvironment, login);
};

const openRotations = () => db.transaction('every tenant', (tx) => tx.rotationAttempt.count({ where: { endedAt: null } }));

async function untilPassed(ms: number): Promise<void> {
  while (!(await pass({ db, testEnvironment }, ms))) await pause(100);
}

describe.skipIf(backend() !== 'containers')('the database drill (pg_dump comes with the container image: on containers only)', { timeout: LONG_MS }, () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rcm-database-drill-'));
    [first, second] = await Promise.all([startPostgresContainer(), startPostgresContainer()]);
    const portalType = { propagationDelayMs: 500, lockoutWindowSeconds: LOCKOUT_MS / 1_000 };
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
    await save(testEnvironment, edited, 'Set-By-A-Person-1');
    expect(await use(edited)).toBe('succeeded');
    for (let wrong = 1; wrong <= OURS; wrong += 1) {
      await save(testEnvironment, failing, `Stored-Wrongly-${wrong}`);
      expect(await use(failing)).toBe('login_rejected');
    }
    expect(await account(failing)).toMatchObject({ loginsRejected: OURS, mostFailures: OURS, accountsLocked: 0 });
    expect(await endOf(db, { login: untouched, taskId: queued })).toBe('succeeded');

    const gone = performance.now();
    await first.stop();
    await stopAgent();
    await db.close();
    databaseUrl = Object.assign(new URL(second.url), { pathname: new URL(databaseUrl).pathname }).href;
    const before = await triesAtPortals(testEnvironment);
    await type(restoreDump, { TO: second.url });
    db = openDrill();
    started.push(startRotator(['run'], 'ignore'));
    agent = await startAgent(environmentOf('agent'));

    // Every login cools down, whoever asks for it; also the task that the dump has as queued.
    const asked = await Promise.all(testEnvironment.endpoints.map(async (login) => ({ login, taskId: login === untouched ? queued : await ask(login) })));
    for (const { login, taskId } of asked) await endOf(db, { login, taskId, unless: 'throttled' });
    await expectNobodyLocked(testEnvironment, OURS);
    expect(await triesAtPortals(testEnvironment)).toEqual(before);
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
      await pass({ db, testEnvironment }, 60_000);
      await expectNobodyLocked(testEnvironment, OURS);
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
        await pass({ db, testEnvironment }, LOCKOUT_MS);
      }
      expect([login.id, await use(login), await testEnvironment.portalAcceptsStore(login.id)]).toEqual([login.id, 'succeeded', true]);
      expect((await account(login)).passwordsChanged).toBe(passwordsChanged + 1);
    }
    await expectNobodyLocked(testEnvironment, OURS);
  });
});
