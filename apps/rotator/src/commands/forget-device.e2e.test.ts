import {
  createCredentialManager,
  createTenantDevices,
  createTenantStores,
  deviceReference,
  parseDevice,
  parseReference,
  type TenantDevices,
} from '@rcm/credentials';
import { type AgentAccess, Drivers, SessionCache, withAgentSession } from '@rcm/portal-access';
import { type BrowserPool, createBrowserPool, readRecipeFile } from '@rcm/portal-drivers';
import { createLogger, createMetrics, Secret, systemClock } from '@rcm/telemetry';
import type { EnvironmentEndpoint } from '@rcm/test-environment';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { callRotator, type CommandEnd } from '../process.fixture.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';

let opened: RotatorEnvironment;
let environment: Record<string, string>;
let browser: BrowserPool;
let devices: TenantDevices;
beforeAll(async () => {
  opened = await openRotatorEnvironment({ endpoints: [], portalType: { propagationDelayMs: 200, recipe: await readRecipeFile('borealis-remembered') } });
  const { RCM_CHROMIUM_PATH: executablePath } = process.env;
  environment = {
    ...opened.testEnvironment.environmentOf('rcm_rotator'),
    RCM_TENANT_ROLE_ARN: opened.testEnvironment.aws.tenantRoleArn('rotator'),
    RCM_LOG_LEVEL: 'error',
    ...(executablePath ? { RCM_CHROMIUM_PATH: executablePath } : {}),
  };
  browser = createBrowserPool({ maxContexts: 2, logger: createLogger({ name: 'test', level: 'silent' }), ...(executablePath ? { executablePath } : {}) });
  devices = createTenantDevices(asAgent());
});
afterAll(async () => {
  await browser?.close();
  await devices?.close();
  await opened?.close();
});

function asAgent() {
  const { aws, environmentName: name } = opened.testEnvironment;
  const access = { region: aws.region, endpoint: aws.endpoint, environment: name, kmsKeyId: aws.kmsKeyArn };
  return { ...access, roleArn: aws.tenantRoleArn('agent'), credentials: aws.taskCredentials('rcm-agent-task') };
}

/** An agent's login, which is what makes a device. */
async function visit({ orgId, id }: EnvironmentEndpoint): Promise<void> {
  const [logger, metrics] = [createLogger({ name: 'agent', level: 'silent' }), createMetrics()];
  const stores = createTenantStores(asAgent());
  const access: AgentAccess = {
    db: opened.testEnvironment.databaseAs('rcm_agent'),
    ...{ clock: systemClock, logger, metrics, devices },
    credentials: createCredentialManager({ stores, metrics }),
    drivers: new Drivers(browser, logger, metrics),
    sessions: new SessionCache({ maxSessions: 0, idleMs: 60_000 }),
    lease: { ttlMs: 60_000, waitMs: 60_000, pollMs: 50 },
    login: { loginDeadlineMs: 60_000, totpWaitMs: 120_000, personWaitMs: 60_000 },
    illness: opened.rotator.breaker,
    keys: opened.rotator.keys,
  };
  const place = { orgId, endpointId: id, holder: 'agent', signal: new AbortController().signal };
  await withAgentSession(access, place, () => Promise.resolve({ value: 'in', session: 'close' as const }));
  await stores.close();
}

const run = (name: string, at: EnvironmentEndpoint, ...more: string[]): Promise<CommandEnd> =>
  callRotator([name, '--endpoint', at.id, '--reason', 'a laptop was stolen', '--json', ...more], environment);
const used = async (at: EnvironmentEndpoint) => (await opened.testEnvironment.portals.devices(at)).map((device) => device.used);
const stateOf = async ({ orgId, secretArn, id }: EnvironmentEndpoint) =>
  parseDevice((await devices.forTenant(orgId).read(deviceReference(parseReference(secretArn), id)))?.text ?? new Secret('')).reveal().state;
const events = ({ id }: EnvironmentEndpoint) =>
  opened.sql<{ action: string; actor: string; reason: string }>(
    `SELECT action, actor, reason FROM audit_event WHERE subject = $1 AND action LIKE 'login.device%' ORDER BY seq`,
    [id],
  );

it('is used by a rotator’s logins, and by none any more once a person says so', async () => {
  const at = await opened.testEnvironment.addEndpoint('borealis');
  await visit(at);
  expect((await run('verify', at)).code).toBe(0);
  expect(await used(at)).toEqual([1]);

  const dry = await run('forget-device', at, '--dry-run');
  expect([dry.code, dry.json()]).toMatchObject([0, { endpointId: at.id, dryRun: true, keptAt: expect.stringMatching(/^20/) as string, store: null }]);
  expect((await run('verify', at)).code).toBe(0);
  expect(await used(at)).toEqual([2]);

  const forgotten = await run('forget-device', at);
  expect([forgotten.code, forgotten.json()]).toMatchObject([0, { endpointId: at.id, dryRun: false, store: 'dropped' }]);
  expect(await stateOf(at)).toBeNull();
  expect((await run('verify', at)).code).toBe(0);
  expect((await used(at))[0]).toBe(2);
  expect(await run('forget-device', at)).toMatchObject({ code: 0 });
  const told = await events(at);
  expect(told.map(({ action }) => action)).toEqual(expect.arrayContaining(['login.device_kept', 'login.device_forgotten']));
  expect(told.find(({ action }) => action === 'login.device_forgotten')).toMatchObject({
    actor: expect.stringMatching(/^person:/) as string,
    reason: 'a laptop was stolen',
  });
});

it('is forgotten also where its store does not answer, and says that it lies there still', async () => {
  const at = await opened.testEnvironment.addEndpoint('borealis');
  await visit(at);
  const end = await callRotator(['forget-device', '--endpoint', at.id, '--reason', 'a laptop was stolen', '--json'], {
    ...environment,
    RCM_TENANT_ROLE_ARN: opened.testEnvironment.aws.tenantRoleArn('migrator'),
  });
  expect([end.code, end.json()]).toMatchObject([1, { store: 'unreached' }]);
  expect(await stateOf(at)).not.toBeNull();
  expect((await run('verify', at)).code).toBe(0);
  expect((await used(at))[0]).toBe(0);
});

it('is said to be unknown, and not to be none, where the row names no secret: no store was looked into', async () => {
  const { id } = await opened.testEnvironment.addEndpoint('borealis');
  await opened.sql(
    `INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url) SELECT 'unmoved', org_id, portal_type_code, 'unmoved', base_url FROM integration_endpoint WHERE id = $1`,
    [id],
  );
  const end = await callRotator(['forget-device', '--endpoint', 'unmoved', '--reason', 'a laptop was stolen', '--json'], environment);
  expect([end.code, end.json()]).toMatchObject([1, { store: 'unnamed' }]);
});

it('is nobody’s where there is no such endpoint', async () => {
  const end = await callRotator(['forget-device', '--endpoint', 'nobody', '--reason', 'why', '--json'], environment);
  expect([end.code, end.json<{ error: { code: string } }>().error.code]).toEqual([1, 'endpoint_unknown']);
});
