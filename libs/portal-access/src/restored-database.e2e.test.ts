import { createCredentialManager, createTenantStores, type CredentialPayload, parsePayload, parseReference, serializePayload } from '@rcm/credentials';
import { type Database, openDatabase } from '@rcm/db';
import { urlFor } from '@rcm/db/testing';
import { type BrowserPool, createBrowserPool } from '@rcm/portal-drivers';
import { createLogger, createMetrics, isRcmError, systemClock } from '@rcm/telemetry';
import { copyDatabase, type FreshDatabase } from '@rcm/test-services';
import { openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withAgentSession } from './agent-session.ts';
import type { AgentAccess } from './agent-access.ts';
import { Drivers } from './drivers.ts';
import { currentOf } from './rotated.fixture.ts';
import { SessionCache } from './session-cache.ts';

/** What the portal locks after, and what its type's margin of 1 leaves to us. */
const THRESHOLD = 3;
const OURS = THRESHOLD - 1;
let testEnvironment: TestEnvironment;
let browser: BrowserPool;
let access: AgentAccess;
let backup: FreshDatabase | undefined;
let restored: Database | undefined;

beforeAll(async () => {
  testEnvironment = await openTestEnvironment({ endpoints: ['alpine'] });
  const logger = createLogger({ name: 'test', level: 'silent' });
  const metrics = createMetrics();
  browser = createBrowserPool({ maxContexts: 2, logger, ...(process.env.RCM_CHROMIUM_PATH ? { executablePath: process.env.RCM_CHROMIUM_PATH } : {}) });
  const { aws } = testEnvironment;
  const stores = createTenantStores({
    ...{ region: aws.region, endpoint: aws.endpoint, environment: 'test', roleArn: aws.tenantRoleArn('agent'), kmsKeyId: aws.kmsKeyArn },
    credentials: aws.taskCredentials('rcm-agent-task'),
  });
  access = {
    db: testEnvironment.databaseAs('rcm_agent'),
    clock: systemClock,
    logger,
    credentials: createCredentialManager({ stores, metrics }),
    drivers: new Drivers(browser, logger, metrics),
    sessions: new SessionCache({ maxSessions: 1, idleMs: 60_000 }),
    lease: { ttlMs: 10_000, waitMs: 500, pollMs: 50 },
    login: { loginDeadlineMs: 60_000, totpWaitMs: 60_000, personWaitMs: 60_000 },
    illness: { windowMs: 600_000, suspects: 3 },
    keys: testEnvironment.identityKeys,
  };
});
afterAll(async () => {
  await access?.sessions.close();
  await browser?.close();
  await restored?.close();
  await backup?.drop();
  await testEnvironment?.close();
});

/** A person saves another password, a wrong one, and an agent tries it: its own word about how that ended. */
async function tries(password: string, db: Database): Promise<string> {
  const [endpoint] = testEnvironment.endpoints;
  if (!endpoint) throw new Error('the test environment has no endpoint');
  const current = await currentOf(testEnvironment, endpoint);
  const text = serializePayload(parsePayload(current.text).map((payload: CredentialPayload) => ({ ...payload, password })));
  const { version } = await testEnvironment.stores.forTenant(endpoint.orgId).replace(parseReference(endpoint.secretArn), text, current.version);
  expect(version).not.toBe(current.version);
  const visit = { orgId: endpoint.orgId, endpointId: endpoint.id, holder: 'test-agent', signal: new AbortController().signal };
  return withAgentSession({ ...access, db }, visit, async () => ({ value: 'got in', session: 'close' })).catch((error: unknown) =>
    isRcmError(error) ? `${error.code} ${String(error.details.reason ?? '')}`.trim() : String(error),
  );
}
const atThePortal = () => testEnvironment.portals.account('alpine', testEnvironment.endpoints[0]?.username ?? '');

it('an account whose failures a restored database has forgotten is not locked: its login cools down', async () => {
  // Some process has worked here before the backup was made.
  await access.db.ping();
  backup = await copyDatabase(testEnvironment.databaseUrl);
  for (let wrong = 1; wrong <= OURS; wrong += 1) await tries(`Wrong-${wrong}-password`, access.db);
  expect(await atThePortal()).toMatchObject({ loginsRejected: OURS, accountsLocked: 0 });

  restored = openDatabase({ url: urlFor('rcm_agent', backup.url), applicationName: 'restored', role: 'rcm_agent' });
  for (let wrong = OURS + 1; wrong <= THRESHOLD + 1; wrong += 1) expect(await tries(`Wrong-${wrong}-password`, restored)).toBe('login_not_allowed throttled');
  expect(await atThePortal()).toMatchObject({ loginsRejected: OURS, accountsLocked: 0 });
});
