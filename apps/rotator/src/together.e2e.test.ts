import { createCredentialManager, createTenantStores, type TenantStores } from '@rcm/credentials';
import { type Database, openDatabase } from '@rcm/db';
import { listAttempts, setNextRotation } from '@rcm/db/rotation';
import { type AgentAccess, Drivers, SessionCache, withAgentSession } from '@rcm/portal-access';
import { type BrowserPool, createBrowserPool } from '@rcm/portal-drivers';
import { createLogger, createMetrics, hasCode, systemClock } from '@rcm/telemetry';
import { isLongForm } from '@rcm/test-services';
import { openTestEnvironment, type TestEnvironment, type EnvironmentEndpoint } from '@rcm/test-environment';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runRotator } from './process.fixture.ts';

const AGENTS = isLongForm() ? 10 : 5;
let testEnvironment: TestEnvironment;
let browser: BrowserPool;
let stores: TenantStores;
const databases: Database[] = [];

beforeAll(async () => {
  testEnvironment = await openTestEnvironment({ endpoints: ['alpine'], portalType: { propagationDelayMs: 200 } });
  browser = createBrowserPool({
    maxContexts: 4,
    logger: createLogger({ name: 'test', level: 'silent' }),
    ...(process.env.RCM_CHROMIUM_PATH ? { executablePath: process.env.RCM_CHROMIUM_PATH } : {}),
  });
  stores = createTenantStores({
    region: testEnvironment.aws.region,
    endpoint: testEnvironment.aws.endpoint,
    environment: 'test',
    roleArn: testEnvironment.aws.tenantRoleArn('agent'),
    kmsKeyId: testEnvironment.aws.kmsKeyArn,
    credentials: testEnvironment.aws.taskCredentials('rcm-agent-task'),
  });
});
afterAll(async () => {
  await browser?.close();
  for (const db of databases) await db.close();
  await stores?.close();
  await testEnvironment?.close();
});

/** As a process of its own has it: its connections, its cache, its sessions. The browser is shared, as many would not fit here. */
function agent(): AgentAccess {
  const logger = createLogger({ name: 'test', level: 'silent' });
  const metrics = createMetrics();
  const url = readFileSync(testEnvironment.environmentOf('rcm_agent').RCM_DATABASE_URL_FILE ?? '', 'utf8');
  const db = openDatabase({ url, role: 'rcm_agent', applicationName: 'test agent', maxConnections: 2 });
  databases.push(db);
  return {
    db,
    clock: systemClock,
    logger,
    credentials: createCredentialManager({ stores, metrics }),
    drivers: new Drivers(browser, logger, metrics),
    sessions: new SessionCache({ maxSessions: 0, idleMs: 1_000 }),
    // Longer than a machine stands still that ten such processes share: what is shown here is not what becomes of a lost lease.
    lease: { ttlMs: 90_000, waitMs: 200_000, pollMs: 100 },
    login: { loginDeadlineMs: 60_000, totpWaitMs: 60_000, personWaitMs: 60_000 },
    illness: { windowMs: 600_000, suspects: 3 },
    keys: testEnvironment.identityKeys,
  };
}

/** One task as the web-agent works it: what is put off (a login in use, more logins at once than the account forgives) comes back, nothing else does. */
async function task(access: AgentAccess, { orgId, id: endpointId }: EnvironmentEndpoint, holder: string): Promise<boolean> {
  const signal = AbortSignal.timeout(220_000);
  for (;;) {
    try {
      return await withAgentSession(access, { orgId, endpointId, holder, signal }, async (session, held) => ({
        value: await session.isLoggedIn({ deadlineMs: 60_000, signal: held }),
        session: 'close',
      }));
    } catch (error) {
      if (!hasCode(error, 'lease_unavailable', 'login_not_allowed')) throw error;
      await systemClock.sleep(500, signal);
    }
  }
}

it(
  `two rotators and ${AGENTS} agents that start at one login at the same moment: one rotation, no rejected login, ${AGENTS} tasks done`,
  { timeout: 300_000 },
  async () => {
    const [endpoint] = testEnvironment.endpoints;
    if (!endpoint) throw new Error('no endpoint');
    await setNextRotation(testEnvironment.db, { endpointIds: [endpoint.id], at: 'now' });
    const environment = {
      ...testEnvironment.environmentOf('rcm_rotator'),
      RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn('rotator'),
      RCM_LOG_LEVEL: 'error',
      RCM_LEASE_WAIT_MS: '200000',
      ...(process.env.RCM_CHROMIUM_PATH ? { RCM_CHROMIUM_PATH: process.env.RCM_CHROMIUM_PATH } : {}),
    };
    const visits = Array.from({ length: AGENTS }, (_, number) => task(agent(), endpoint, `agent-${number}`));
    const [first, second, ...tasks] = await Promise.all([runRotator(['once', '--json'], environment), runRotator(['once', '--json'], environment), ...visits]);
    expect(tasks).toEqual(Array.from({ length: AGENTS }, () => true));
    expect([first.code, second.code]).toEqual([0, 0]);
    expect((await listAttempts(testEnvironment.db, { limit: 10 })).map(({ state }) => state)).toEqual(['done']);
    const account = await testEnvironment.portals.account(endpoint.portal, endpoint.username);
    expect(account).toMatchObject({ passwordsChanged: 1, loginsRejected: 0, locked: false });
    expect(await testEnvironment.portalAcceptsStore(endpoint.id)).toBe(true);
  },
);
