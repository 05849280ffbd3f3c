import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parsePayload, parseReference } from '@rcm/credentials';
import { createTaskClient } from '@rcm/task-client';
import { canMakeCertificates, isLongForm, makeCa, makeCertificate } from '@rcm/test-services';
import { openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Issuer, startIssuer } from './http/issuer.fixture.ts';
import { type AgentProcess, startAgent } from './process.fixture.ts';

const DEADLINE_MS = 240_000;
/** 9229, as the kernel writes it. */
const INSPECTOR_PORT = ':240D';

let testEnvironment: TestEnvironment;
let issuer: Issuer;
let folder: string;
const started: AgentProcess[] = [];
beforeAll(async () => {
  [testEnvironment, issuer] = await Promise.all([
    openTestEnvironment({ endpoints: ['alpine', 'alpine'], portalType: { propagationDelayMs: 200 } }),
    startIssuer(),
  ]);
  folder = mkdtempSync(join(tmpdir(), 'rcm-hardened-'));
});
afterEach(async () => {
  for (const agent of started.splice(0)) {
    agent.signal('SIGKILL');
    await agent.ended();
  }
});
afterAll(async () => {
  await issuer?.close();
  await testEnvironment?.close();
  if (folder) rmSync(folder, { recursive: true });
});

const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  ...testEnvironment.environmentOf('rcm_agent'),
  RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn('agent'),
  RCM_API_ISSUER: issuer.name,
  RCM_API_AUDIENCE: issuer.audience,
  RCM_API_JWKS_URL: issuer.jwksUrl,
  RCM_API_PORT: '0',
});
async function start(more: NodeJS.ProcessEnv): Promise<AgentProcess> {
  const agent = await startAgent({ ...environment(), ...more });
  started.push(agent);
  return agent;
}

describe('a web-agent at work', () => {
  it.runIf(process.platform === 'linux')(
    'shows no secret in its own environment nor in its browser’s, and opens no debugger at SIGUSR1',
    async () => {
      const [url, key] = ['RCM_DATABASE_URL_FILE', 'RCM_IDENTITY_KEY_FILE'].map((name) =>
        readFileSync(testEnvironment.environmentOf('rcm_agent')[name] ?? '', 'utf8'),
      );
      const secrets = { RCM_DATABASE_URL: url, RCM_IDENTITY_KEY: key };
      const agent = await start({ RCM_DATABASE_URL_FILE: '', RCM_IDENTITY_KEY_FILE: '', ...secrets });
      const client = createTaskClient({ baseUrl: `http://127.0.0.1:${agent.apiPort}`, token: () => issuer.token(testEnvironment.orgId), pollMs: 200 });
      const { id } = await client.ask({ endpoint: 'alpine-1', task: 'claim_status', input: { claim_number: 'CLM-1001' } });
      expect(await client.result(id, { deadlineMs: DEADLINE_MS })).toMatchObject({ found: true });

      const processes = [agent.pid, ...below(agent.pid)];
      expect(processes.filter((pid) => read(pid, 'cmdline').includes('--remote-debugging-pipe')).length).toBeGreaterThan(0);
      for (const pid of processes) for (const secret of Object.values(secrets)) expect(read(pid, 'environ')).not.toContain(secret);
      for (const pid of processes) expect(read(pid, 'limits')).toMatch(/^Max core file size +0 /m);

      agent.signal('SIGUSR1');
      // Whatever it would have opened it would have said by the time that it answers again.
      const again = await client.ask({ endpoint: 'alpine-2', task: 'claim_status', input: { claim_number: 'CLM-1001' } });
      expect(await client.result(again.id, { deadlineMs: DEADLINE_MS })).toMatchObject({ found: true });
      // Where another process has the port, an inspector says that it could not start.
      expect(agent.output()).not.toMatch(/Debugger listening|Starting inspector/);
      expect(listening(agent.pid).filter((address) => address.endsWith(INSPECTOR_PORT))).toEqual([]);
    },
    2 * DEADLINE_MS,
  );

  it.each(isLongForm() ? ['pw*', 'p*', '*', 'pw:api'] : ['*'])('writes no password to stderr with DEBUG=%s', { timeout: DEADLINE_MS }, async (names) => {
    const { orgId, secretArn } = testEnvironment.endpoint('alpine-1');
    const current = await testEnvironment.stores.forTenant(orgId).read(parseReference(secretArn));
    if (!current) throw new Error('no secret');
    const { password } = parsePayload(current.text).reveal();
    const parameters = [
      '--disable-sigusr1',
      join(import.meta.dirname, 'main.ts'),
      'task',
      '--endpoint',
      'alpine-1',
      '--input',
      '{"claim_number":"CLM-1001"}',
      '--reason',
      'test',
    ];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [...parameters, '--json'], {
      env: { ...environment(), DEBUG: names },
      timeout: DEADLINE_MS,
      maxBuffer: 2 ** 27,
    });
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'succeeded' });
    expect(stderr.split(password).length - 1).toBe(0);
    expect(stderr).not.toContain('pw:');
    expect(stderr).toContain('DEBUG was removed');
  });

  it.runIf(process.getuid?.() === 0)(
    'gives its browser another user and its sandbox, and has none without one of the two being chosen',
    { timeout: DEADLINE_MS },
    async () => {
      const refused = await start({ RCM_BROWSER_SANDBOX: 'on' }).catch((error: Error) => error.message);
      expect(refused).toContain('RCM_BROWSER_SANDBOX: is on, and Chromium has none as root');
      const agent = await start({ RCM_BROWSER_SANDBOX: 'on', RCM_BROWSER_USER: 'nobody' });
      const client = createTaskClient({ baseUrl: `http://127.0.0.1:${agent.apiPort}`, token: () => issuer.token(testEnvironment.orgId), pollMs: 200 });
      const { id } = await client.ask({ endpoint: 'alpine-1', task: 'claim_status', input: { claim_number: 'CLM-1001' } });
      expect(await client.result(id, { deadlineMs: DEADLINE_MS })).toMatchObject({ found: true });
      const browser = below(agent.pid).filter((pid) => read(pid, 'cmdline').includes('chrom'));
      expect(browser.length).toBeGreaterThan(1);
      expect(browser.filter((pid) => /^Uid:\s+0\s/m.test(read(pid, 'status')) || read(pid, 'cmdline').includes('--no-sandbox'))).toEqual([]);
      expect(agent.output()).not.toContain('sandbox');
    },
  );

  it('says at its start, however quiet its log is, and in its health what the deployment leaves unprotected', async () => {
    const agent = await start({ RCM_PLAINTEXT: 'aws,portals', RCM_BROWSER_SANDBOX: 'off' });
    const words = [
      'RCM_PLAINTEXT allows unprotected connections for aws: whoever is between this process and the AWS endpoint can read every password',
      'RCM_PLAINTEXT allows unprotected connections for portals',
      'RCM_BROWSER_SANDBOX=off: a page that breaks out of Chromium can do and read what the user of the browser can.',
    ];
    const health = await (await fetch(`http://127.0.0.1:${/"healthPort":(\d+)/.exec(agent.output())?.[1]}/healthz`)).text();
    for (const each of words) expect([agent.output(), health]).toEqual([expect.stringContaining(each), expect.stringContaining(each)]);
    const parameters = ['--disable-sigusr1', join(import.meta.dirname, 'main.ts'), 'task', '--endpoint', 'nobody', '--reason', 'test'];
    const env = { ...environment(), RCM_PLAINTEXT: 'database', RCM_LOG_LEVEL: 'error' };
    const quiet = await promisify(execFile)(process.execPath, parameters, { env, timeout: DEADLINE_MS }).catch((error: { stderr: string }) => error);
    expect(quiet.stderr).toContain('RCM_PLAINTEXT allows unprotected connections for database');
  });

  it.runIf(canMakeCertificates())('lets other machines in by TLS, its own or a proxy’s, and not otherwise', { timeout: DEADLINE_MS }, async () => {
    const refused = await start({ RCM_API_HOST: '0.0.0.0' }).catch((error: Error) => error.message);
    expect(refused).toContain('RCM_API_HOST: lets other machines in, without TLS');
    const ca = makeCa(folder, 'ca');
    const { cert, key } = makeCertificate(folder, { name: 'api', ca, names: 'IP:127.0.0.1' });
    const agent = await start({ RCM_API_HOST: '0.0.0.0', RCM_API_TLS_CERT_FILE: cert, RCM_API_TLS_KEY_FILE: key });
    const address = `127.0.0.1:${agent.apiPort}/v1/openapi.json`;
    expect(await statusOf(`https://${address}`, readFileSync(ca.cert))).toBe(200);
    await expect(statusOf(`https://${address}`, readFileSync(makeCa(folder, 'strange').cert))).rejects.toThrow(/certificate/);
    await expect(fetch(`http://${address}`)).rejects.toThrow();
    expect((await fetch(`http://127.0.0.1:${(await start({ RCM_API_HOST: '0.0.0.0', RCM_API_TLS_PROXY: 'yes' })).apiPort}/v1/openapi.json`)).status).toBe(200);
  });
});

const statusOf = (url: string, ca: Buffer): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    get(url, { ca }, (response) => resolve(response.resume().statusCode)).on('error', reject);
  });

function below(pid: number): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(/^PPid:\s+(\d+)/m.exec(read(Number(name), 'status'))?.[1]) === pid)
    .map(Number);
  return children.flatMap((child) => [child, ...below(child)]);
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** The TCP addresses that a process listens on. */
function listening(pid: number): string[] {
  const own = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return ['tcp', 'tcp6']
    .flatMap((kind) => read(pid, `net/${kind}`).split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && own.includes(`socket:[${inode}]`))
    .map(([, address]) => address ?? '')
    .sort();
}
