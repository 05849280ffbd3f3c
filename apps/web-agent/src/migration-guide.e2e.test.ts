import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parsePayload, parseReference } from '@rcm/credentials';
import { findEndpoint } from '@rcm/db';
import { insertEndpoint, upsertOrganization } from '@rcm/db/admin';
import { createPortalTask, getPortalTask } from '@rcm/db/tasks';
import { Secret } from '@rcm/telemetry';
import { startEmbeddedPostgres } from '@rcm/test-services';
import { openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AgentProcess, startAgent } from './process.fixture.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/migration-guide.md'), 'utf8');
const MIGRATOR = fileURLToPath(new URL('../../migrator/src/main.ts', import.meta.url));
const ROTATOR = fileURLToPath(new URL('../../rotator/src/main.ts', import.meta.url));
const LONG_MS = 1_800_000;
const ORGANIZATIONS = { 'pilot-clinic': 20, 'north-hospital': 90, 'south-hospital': 90 } as const;
/** What the page says that somebody finds, and does. */
const [STAND_IN, EDITED] = ['north-hospital-1', 'north-hospital-2'] as const;

interface Command {
  readonly section: string;
  readonly args: readonly string[];
  readonly exitCode: number;
}

/** Every line of every shell block, in order: `npm run migrator -- plan   # exit code 1`. */
function commandsOf(page: string): Command[] {
  return page.split(/^## /m).flatMap((text) => {
    const [section = ''] = text.split('\n');
    const lines = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) => block.trim().split('\n'));
    return lines.map((line) => {
      const [, words = '', code = '0'] = /^npm run migrator -- (.*?)\s*(?:# exit code (\d))?$/.exec(line) ?? [];
      return { section, args: [...words.matchAll(/"([^"]*)"|\S+/g)].map(([all, quoted]) => quoted ?? all), exitCode: Number(code) };
    });
  });
}

let testEnvironment: TestEnvironment;
let stopServer: () => Promise<void>;
let agent: AgentProcess | undefined;
/** What each portal accepts, by what was done at it: endpoint → password. */
const truth = new Map<string, string>();
const usernameOf = (id: string) => `user-of-${id}`;
const orgOf = (id: string) => id.replace(/-\d+$/, '');

beforeAll(async () => {
  // A server of its own: what is searched through after a scrub is nobody else's.
  const server = await startEmbeddedPostgres();
  stopServer = server.stop;
  testEnvironment = await openTestEnvironment({ endpoints: [], portalType: { propagationDelayMs: 200 }, server: server.url });
  const { hosts } = await testEnvironment.db.transaction('no tenant', (tx) => tx.portalType.findUniqueOrThrow({ where: { code: 'alpine' } }));
  for (const [orgId, count] of Object.entries(ORGANIZATIONS)) {
    await upsertOrganization(testEnvironment.db, { id: orgId, name: orgId });
    for (let n = 1; n <= count; n += 1) {
      const [id, password] = [`${orgId}-${n}`, `canary-${orgId}-${n}!`];
      truth.set(id, password);
      await testEnvironment.portals.createAccount({ portal: 'alpine', username: usernameOf(id), password });
      const login = { username: usernameOf(id), password: id === STAND_IN ? 'TBD' : password };
      const config = new Secret({ credentials: login, ...(n % 9 === 0 ? { old_password: password } : {}), timeout: 5 });
      await insertEndpoint(testEnvironment.db, { id, orgId, portalTypeCode: 'alpine', accountId: id, baseUrl: `http://${hosts[0]}/`, config });
    }
  }
}, LONG_MS);
afterAll(async () => {
  agent?.signal('SIGKILL');
  await agent?.ended();
  await testEnvironment?.close();
  await stopServer?.();
});

/** As a company in AWS alone has it: the test environment's Vault knows the test environment's own organization. */
function environmentOf(app: 'agent' | 'migrator' | 'rotator'): NodeJS.ProcessEnv {
  const ofRole = Object.entries(testEnvironment.environmentOf(`rcm_${app}`)).filter(([name]) => !name.startsWith('RCM_VAULT_'));
  return { ...process.env, ...Object.fromEntries(ofRole), RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn(app) };
}

async function runMigrator(args: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
  const env = {
    ...environmentOf('migrator'),
    RCM_MIGRATOR_ADMIN_DATABASE_URL: testEnvironment.databaseUrl,
    RCM_MIGRATOR_WRITES_PER_SECOND: '40',
    RCM_MIGRATOR_READS_PER_SECOND: '200',
    RCM_LOG_LEVEL: 'error',
  };
  const options = { env, timeout: LONG_MS, maxBuffer: 2 ** 26 };
  return promisify(execFile)(process.execPath, ['--disable-sigusr1', MIGRATOR, ...args], options).then(
    ({ stdout, stderr }) => ({ code: 0, said: stdout + stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, said: stdout + stderr }),
  );
}

/** Whatever needs one: from the pilot on one runs all the time, which the other commands neither need nor see. */
async function besideRotator<T>(work: () => Promise<T>): Promise<T> {
  const env = { ...environmentOf('rotator'), RCM_HEALTH_PORT: '0', RCM_LOG_LEVEL: 'error' };
  const rotator = spawn(process.execPath, ['--disable-sigusr1', ROTATOR, 'run'], { env, stdio: 'ignore' });
  const ended = once(rotator, 'exit');
  try {
    return await work();
  } finally {
    rotator.kill('SIGTERM');
    await ended;
  }
}

async function restartAgent(legacyRead: 'allow' | 'forbid'): Promise<void> {
  agent?.signal('SIGTERM');
  await agent?.ended();
  agent = await startAgent({ ...environmentOf('agent'), RCM_LEGACY_READ: legacyRead, RCM_AGENT_PUT_OFF_MS: '500' });
}

async function setRow(id: string, change: { readonly password: string }): Promise<void> {
  const text = JSON.stringify(change);
  await testEnvironment.db.transaction(
    'every tenant',
    (tx) =>
      tx.$executeRaw`UPDATE integration_endpoint SET config = jsonb_set(config, '{credentials}', config->'credentials' || ${text}::jsonb) WHERE id = ${id}`,
  );
}

/** The program that was there before: it reads the row, and logs in with what lies there. */
class OldProgram {
  readonly stoppedFor = new Set<string>();
  readonly wrong: string[] = [];
  reads = 0;

  async readAll(): Promise<void> {
    const rows = await testEnvironment.db.transaction(
      'every tenant',
      (tx) => tx.$queryRaw<{ id: string; org: string; password: string | null }[]>`
        SELECT id, org_id AS org, config->'credentials'->>'password' AS password FROM integration_endpoint WHERE org_id = ANY (${Object.keys(ORGANIZATIONS)}::text[])`,
    );
    for (const { id, org, password } of rows) {
      // What stands in for a password never let it in.
      if (this.stoppedFor.has(org) || password === 'TBD') continue;
      this.reads += 1;
      if (password !== truth.get(id)) this.wrong.push(id);
    }
  }
}

/** A task at one login of each organization, by the web-agent. */
async function useSome(turn: number, except: ReadonlySet<string>): Promise<void> {
  const ids = Object.entries(ORGANIZATIONS).map(([org, count]) => `${org}-${(turn % count) + 1}`);
  await Promise.all(ids.filter((id) => !except.has(id)).map(useOne));
}

async function useOne(id: string): Promise<void> {
  const requester = { kind: 'terminal', name: 'test@host' } as const;
  const asked = { orgId: orgOf(id), endpointId: id, name: 'claim_status', input: { claim_number: 'CLM-1001' }, requester, reason: 'test' };
  const { taskId } = await createPortalTask(testEnvironment.db, asked);
  for (;;) {
    const task = await getPortalTask(testEnvironment.db, { orgId: orgOf(id), taskId });
    if (task?.state === 'succeeded') return;
    if (task?.state === 'failed') throw new Error(`a task at ${id} failed: ${JSON.stringify(task)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function expectAllMoved(): Promise<void> {
  for (const [id, password] of truth) {
    const row = await findEndpoint(testEnvironment.db, { endpointId: id });
    const stored = row?.secretArn ? await testEnvironment.stores.forTenant(orgOf(id)).read(parseReference(row.secretArn)) : null;
    expect([id, stored && parsePayload(stored.text).reveal().password]).toEqual([id, password]);
    expect(await testEnvironment.portals.account('alpine', usernameOf(id)), id).toMatchObject({ loginsRejected: 0, locked: false });
  }
  const left = await testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ id: string }[]>`SELECT id FROM integration_endpoint WHERE config::text LIKE '%canary-%' OR config ? 'credentials'`,
  );
  expect(left).toEqual([]);
}

it('the commands of the page move 200 logins while both kinds of readers are at work', { timeout: LONG_MS }, async () => {
  const commands = commandsOf(PAGE);
  expect(commands.length).toBeGreaterThan(20);
  const old = new OldProgram();
  /** Until somebody has said which of the two it is, a web-agent would be refused with what the store holds. */
  const notUsed = new Set<string>([STAND_IN]);
  let reading: 'allow' | 'forbid' = 'allow';
  await restartAgent(reading);
  let turn = 2;
  for (const { section, args, exitCode } of commands) {
    const [command = '', ...options] = args;
    if (command === 'old-readers-gone') old.stoppedFor.add(options[options.indexOf('--org') + 1] ?? '');
    if (section.startsWith('Weeks 9') && reading === 'allow') await restartAgent((reading = 'forbid'));
    const beside = Promise.all([useSome(turn, notUsed), old.readAll()]);
    const { code, said } = await (options.includes('--login') ? besideRotator(() => runMigrator(args)) : runMigrator(args));
    await beside;
    await old.readAll();
    expect([args.join(' '), code, said.slice(-3_000)]).toEqual([args.join(' '), exitCode, expect.any(String)]);
    expect(said).not.toContain('canary-');
    turn += 1;
    // What the page says that people do.
    if (command === 'plan' && exitCode === 1) {
      expect(said).toContain(STAND_IN);
      await setRow(STAND_IN, { password: truth.get(STAND_IN) ?? '' });
      notUsed.delete(STAND_IN);
    }
    if (options.includes('the rest')) {
      truth.set(EDITED, 'canary-changed-on-Monday-1!');
      notUsed.add(EDITED);
      await testEnvironment.portals.createAccount({ portal: 'alpine', username: usernameOf(EDITED), password: 'canary-changed-on-Monday-1!' });
      await setRow(EDITED, { password: 'canary-changed-on-Monday-1!' });
    }
    if (options.includes('--login')) expect(said).toContain('Logins: 3 of 3 chosen. Accepted: 3. Refused: 0. Not tried: 0.');
    if (command === 'resolve' && !options.includes('--dry-run')) notUsed.delete(EDITED);
  }
  expect(old.wrong).toEqual([]);
  expect(old.reads).toBeGreaterThan(200);
  await expectAllMoved();
});
