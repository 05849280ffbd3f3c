import { execFile } from 'node:child_process';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { createTaskClient } from '@rcm/task-client';
import { asRoot } from '@rcm/test-services';
import { type EnvironmentEndpoint, openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Issuer, startIssuer } from './http/issuer.fixture.ts';
import { type AgentProcess, startAgent } from './process.fixture.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
let testEnvironment: TestEnvironment;
let issuer: Issuer;
let agent: AgentProcess;

const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  ...testEnvironment.environmentOf('rcm_agent'),
  RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn('agent'),
  RCM_API_ISSUER: issuer.name,
  RCM_API_AUDIENCE: issuer.audience,
  RCM_API_JWKS_URL: issuer.jwksUrl,
  RCM_API_PORT: '0',
});

beforeAll(async () => {
  [testEnvironment, issuer] = await Promise.all([
    openTestEnvironment({ endpoints: ['alpine', 'alpine'], portalType: { propagationDelayMs: 200 } }),
    startIssuer(),
  ]);
  agent = await startAgent(environment());
});
afterAll(async () => {
  agent?.signal('SIGKILL');
  await agent?.ended();
  await issuer?.close();
  await testEnvironment?.close();
});

/** A program of this repository in a process of its own; resolves whatever its exit code. */
const run = (file: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<{ readonly code: number; readonly out: string; readonly err: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, ['--disable-sigusr1', join(ROOT, file), ...args], { env }, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out, err }),
    );
  });

interface Traced {
  readonly endpointId: string;
  readonly request: { readonly kind: string; readonly id: string; readonly by: string; readonly issuer: string | null; readonly reason: string } | null;
  readonly uses: readonly {
    readonly session: string;
    readonly loginAttemptId: string;
    readonly leaseId: string;
    readonly process: string;
    readonly storeSession: string;
    readonly at: string;
    readonly until: string | null;
    readonly outcome: string | null;
  }[];
  readonly events: readonly { readonly action: string; readonly actor: string }[];
}

async function trace(...args: string[]): Promise<readonly Traced[]> {
  const env = { ...testEnvironment.environmentOf('rcm_agent'), RCM_DATABASE_URL_FILE: undefined, RCM_DATABASE_URL: testEnvironment.databaseUrl };
  const { out, err } = await run('tools/audit-trace/src/main.ts', [...args, '--json'], env);
  return (JSON.parse(out || `{"failed":${JSON.stringify(err)}}`) as { traces: Traced[] }).traces;
}

async function ask(sub: string, endpoint: string): Promise<string> {
  const client = createTaskClient({
    baseUrl: `http://127.0.0.1:${agent.apiPort}`,
    token: () => issuer.token(testEnvironment.orgId, { claims: { sub } }),
    pollMs: 100,
  });
  const { id } = await client.ask({ endpoint, task: 'claim_status', input: { claim_number: 'CLM-1001' } });
  expect(await client.result(id, { deadlineMs: 60_000 })).toMatchObject({ found: true });
  return id;
}
const portalLog = async ({ portal, username }: EnvironmentEndpoint) => (await testEnvironment.portals.history({ portal, username })).tries;
const events = (endpointId: string) =>
  testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ actor: string; action: string; reason: string }[]>`
      SELECT v.actor, v.action, v.reason FROM audit_event v WHERE v.action LIKE 'task.%' AND v.details ->> 'taskId' IN (SELECT t.id::text FROM portal_task t WHERE t.endpoint_id = ${endpointId})
       ORDER BY v.seq`,
  );

describe('the chain from a portal to whoever asked', () => {
  it('begins at a line of the portal’s own log and ends at the request, and back; a kept session is told apart', async () => {
    const endpoint = testEnvironment.endpoint('alpine-1');
    const first = await ask('claims-service', endpoint.id);
    const second = await ask('billing-service', endpoint.id);
    const [line, ...others] = await portalLog(endpoint);
    expect(others).toEqual([]);
    expect(line?.ended).toBe('accepted');

    const found = await trace('--portal-type', 'alpine', '--at', line?.at ?? '', '--user', endpoint.username, '--within', '0');
    const process = found[0]?.uses[0]?.process ?? '';
    expect(process.startsWith(`web-agent@${hostname()}:${agent.pid}-`)).toBe(true);
    expect(found).toMatchObject([
      {
        endpointId: endpoint.id,
        request: { kind: 'task', id: first, by: 'token:claims-service', issuer: issuer.name },
        uses: [{ session: 'opened', process, storeSession: process.replace(':', '-'), outcome: 'accepted' }],
      },
    ]);
    expect(found[0]?.events.map(({ action, actor }) => `${actor} ${action}`)).toEqual([
      'token:claims-service task.requested',
      `${process} login.used`,
      'token:claims-service task.read',
    ]);

    const login = found[0]?.uses[0];
    for (const id of [first, login?.leaseId]) {
      const [back, ...more] = await trace('--id', id ?? '');
      expect(more).toEqual([]);
      expect(back?.request).toMatchObject({ id: first, by: 'token:claims-service' });
      const [use] = back?.uses ?? [];
      expect((await portalLog(endpoint)).filter(({ at }) => at >= (use?.at ?? '') && at <= (use?.until ?? ''))).toEqual([line]);
    }

    expect(await trace('--id', second)).toMatchObject([
      { request: { id: second, by: 'token:billing-service' }, uses: [{ session: 'kept', loginAttemptId: login?.loginAttemptId, outcome: null }] },
    ]);
    // The portal saw a page and no login.
    const [kept] = (await trace('--id', second))[0]?.uses ?? [];
    expect(await trace('--portal-type', 'alpine', '--at', kept?.at ?? '', '--user', endpoint.username, '--within', '0')).toMatchObject([
      { request: { id: second } },
    ]);
  });

  it('says that nothing fits for another user name, another portal and another time', async () => {
    const endpoint = testEnvironment.endpoint('alpine-1');
    const [line] = await portalLog(endpoint);
    const at = line?.at ?? '';
    for (const args of [
      ['--portal-type', 'alpine', '--at', at, '--user', 'somebody-else'],
      ['--portal-type', 'cascade', '--at', at, '--user', endpoint.username],
      ['--portal-type', 'alpine', '--at', '2001-01-01T00:00:00Z', '--user', endpoint.username],
      ['--id', crypto.randomUUID()],
    ])
      expect(await trace(...args)).toEqual([]);
  });

  it('is asked for with a word about what the deployment lets go unprotected', async () => {
    const env = { ...asRoot(), RCM_DATABASE_URL: testEnvironment.databaseUrl, RCM_PLAINTEXT: 'database' };
    const { err } = await run('tools/audit-trace/src/main.ts', ['--id', crypto.randomUUID()], { ...process.env, ...env });
    expect(err).toContain('RCM_PLAINTEXT allows unprotected connections for database');
  });
});

describe('web-agent task', () => {
  // Or the agent at work would sometimes take the task first, and nothing be shown.
  beforeAll(async () => {
    agent.signal('SIGTERM');
    await agent.ended();
  });
  const task = (endpointId: string, ...more: string[]) =>
    run('apps/web-agent/src/main.ts', ['task', '--endpoint', endpointId, '--input', '{"claim_number":"CLM-1001"}', '--json', ...more], environment());

  it('asks for a reason before anything is asked for', async () => {
    const { id } = testEnvironment.endpoint('alpine-2');
    expect(await task(id)).toMatchObject({ code: 2, out: '', err: expect.stringContaining('--reason') });
    expect(await events(id)).toEqual([]);
  });

  it('shows its result to a person who stands in the audit trail: for asking, and for reading', async () => {
    const { id } = testEnvironment.endpoint('alpine-2');
    expect(await task(id, '--reason', 'a call from the ward')).toMatchObject({ code: 0 });
    const actor = `terminal:${userInfo().username}@${hostname()}`;
    expect(await events(id)).toEqual([
      { actor, action: 'task.requested', reason: 'a call from the ward' },
      { actor, action: 'task.read', reason: 'result handed out' },
    ]);
  });
});
