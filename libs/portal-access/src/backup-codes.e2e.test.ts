import { createCredentialManager, createTenantStores, type CredentialPayload, parsePayload, parseReference, serializePayload } from '@rcm/credentials';
import { keepStorage, type KeptStorage } from '@rcm/db/testing';
import { type BrowserPool, createBrowserPool } from '@rcm/portal-drivers';
import { createLogger, createMetrics, type RcmError, systemClock } from '@rcm/telemetry';
import { type EnvironmentEndpoint, openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withAgentSession } from './agent-session.ts';
import type { AgentAccess } from './agent-access.ts';
import { Drivers } from './drivers.ts';
import { currentOf } from './rotated.fixture.ts';
import { SessionCache } from './session-cache.ts';

/** Of each login its own, so odd that they are nowhere by chance, and no longer than the portal's field. */
const codesOf = ({ id }: EnvironmentEndpoint): string[] => Array.from({ length: 6 }, (_, i) => `q${id.split('-')[1]}${i}-7X9k`);

let testEnvironment: TestEnvironment;
let browser: BrowserPool;
const log: string[] = [];
let next = 0;
let storage: KeptStorage;

beforeAll(async () => {
  testEnvironment = await openTestEnvironment({ endpoints: Array.from({ length: 8 }, () => 'borealis' as const), portalType: { propagationDelayMs: 200 } });
  storage = await keepStorage(testEnvironment.db);
  const logger = createLogger({ name: 'test', level: 'silent' });
  browser = createBrowserPool({ maxContexts: 8, logger, ...(process.env.RCM_CHROMIUM_PATH ? { executablePath: process.env.RCM_CHROMIUM_PATH } : {}) });
});
afterAll(async () => {
  await browser?.close();
  await storage?.close();
  await testEnvironment?.close();
});

/** An agent's process: it has its own cache, its own sessions, and shares the database alone. */
function agent(): AgentAccess {
  const logger = createLogger({ name: 'test', level: 'trace', destination: { write: (line: string) => void log.push(line) } });
  const metrics = createMetrics();
  const stores = createTenantStores({
    region: testEnvironment.aws.region,
    endpoint: testEnvironment.aws.endpoint,
    environment: 'test',
    roleArn: testEnvironment.aws.tenantRoleArn('agent'),
    kmsKeyId: testEnvironment.aws.kmsKeyArn,
    credentials: testEnvironment.aws.taskCredentials('rcm-agent-task'),
  });
  return {
    db: testEnvironment.databaseAs('rcm_agent'),
    clock: systemClock,
    logger,
    credentials: createCredentialManager({ stores, metrics }),
    drivers: new Drivers(browser, logger, metrics),
    sessions: new SessionCache({ maxSessions: 4, idleMs: 60_000 }),
    lease: { ttlMs: 30_000, waitMs: 60_000, pollMs: 50 },
    login: { loginDeadlineMs: 120_000, totpWaitMs: 120_000, personWaitMs: 60_000 },
    illness: { windowMs: 600_000, suspects: 3 },
    keys: testEnvironment.identityKeys,
  };
}

/** `accepted`, or the code and outcome of what the login ended with. */
const visit = (access: AgentAccess, { orgId, id }: EnvironmentEndpoint): Promise<unknown> =>
  withAgentSession(access, { orgId, endpointId: id, holder: 'test-agent', signal: new AbortController().signal }, async () => ({
    value: 'accepted',
    session: 'close',
  })).catch(({ code, details }: RcmError) => ({ code, outcome: details.outcome }));

/** A person saves the secret. */
async function save(endpoint: EnvironmentEndpoint, change: (payload: CredentialPayload) => CredentialPayload): Promise<CredentialPayload> {
  const current = await currentOf(testEnvironment, endpoint);
  const payload = parsePayload(current.text).map(change);
  await testEnvironment.stores.forTenant(endpoint.orgId).replace(parseReference(endpoint.secretArn), serializePayload(payload), current.version);
  return payload.reveal();
}

/** A login whose account at the portal has these backup codes, as its secret has, in place of a seed. */
async function withCodes(codes?: string[], mfa_seed: string | null = null): Promise<EnvironmentEndpoint> {
  const endpoint = testEnvironment.endpoints[next++];
  if (!endpoint) throw new Error('the test environment has no endpoint left');
  const backupCodes = codes ?? codesOf(endpoint);
  const { username, password } = await save(endpoint, (payload) => ({ ...payload, mfa_seed, backup_codes: backupCodes }));
  await testEnvironment.portals.createAccount({ portal: 'borealis', username, password, backupCodes });
  return endpoint;
}
const typed = (endpoint: EnvironmentEndpoint) => testEnvironment.portals.backupCodesTyped(endpoint);
const MFA_REQUIRED = { code: 'login_mfa_required', outcome: 'mfa_required' };

describe('a login that has backup codes and no seed', () => {
  it('types the next one at each login, until none is left; then nothing is typed', async () => {
    const [endpoint, access] = [await withCodes(['qone-7X9k', 'qtwo-7X9k']), agent()];
    expect([await visit(access, endpoint), await visit(access, endpoint)]).toEqual(['accepted', 'accepted']);
    expect(await typed(endpoint)).toEqual([1, 1]);
    expect([await visit(access, endpoint), await visit(access, endpoint)]).toEqual([MFA_REQUIRED, MFA_REQUIRED]);
    expect(await typed(endpoint)).toEqual([1, 1]);
    expect(await testEnvironment.portals.account('borealis', endpoint.username)).toMatchObject({ loginsAccepted: 2, loginsRejected: 0 });
  });

  it('is used by two agents at once, and each types another code', async () => {
    const [endpoint, one, two] = [await withCodes(), agent(), agent()];
    const ends = await Promise.all([one, two, one, two].map((access) => visit(access, endpoint)));
    expect(ends).toEqual(Array.from({ length: 4 }, () => 'accepted'));
    expect(await typed(endpoint)).toEqual([1, 1, 1, 1, 0, 0]);
  });

  it('types no code again that it took and never typed', async () => {
    const [endpoint, access] = [await withCodes(), agent()];
    // The browser is gone between the code and the page.
    const dies: AgentAccess = {
      ...access,
      drivers: {
        for: (...asked: Parameters<Drivers['for']>) => {
          const driver = access.drivers.for(...asked);
          return {
            ...driver,
            openSession: async (options: Parameters<typeof driver.openSession>[0]) => {
              const session = await driver.openSession(options);
              return {
                ...session,
                login: (login: Parameters<typeof session.login>[0]) =>
                  session.login({ ...login, totp: login.totp && (async () => (await login.totp?.(), Promise.reject(new Error('the browser is gone')))) }),
                close: () => session.close(),
              };
            },
          };
        },
      } as unknown as Drivers,
    };
    expect(await visit(dies, endpoint)).toMatchObject({ outcome: 'unknown' });
    expect(await typed(endpoint)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await visit(access, endpoint)).toBe('accepted');
    expect(await typed(endpoint)).toEqual([0, 1, 0, 0, 0, 0]);
  });

  it('says what the portal says of a code that it does not know, and types it no more', async () => {
    const [endpoint, access] = [await withCodes(), agent()];
    await save(endpoint, (payload) => ({ ...payload, backup_codes: ['other-7X9k', ...codesOf(endpoint)] }));
    expect(await visit(access, endpoint)).toMatchObject({ outcome: 'mfa_rejected' });
    expect(await visit(access, endpoint)).toBe('accepted');
    expect(await typed(endpoint)).toEqual([1, 0, 0, 0, 0, 0]);
    expect(await testEnvironment.portals.account('borealis', endpoint.username)).toMatchObject({ loginsAccepted: 1, loginsRejected: 1 });
  });
});

describe('a login that has backup codes and a seed', () => {
  it('types the seed’s code, and none of the backup codes', async () => {
    const endpoint = await withCodes();
    const { username, password } = await save(endpoint, (payload) => ({ ...payload, mfa_seed: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' }));
    await testEnvironment.portals.createAccount({
      portal: 'borealis',
      username,
      password,
      mfaSeed: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
      backupCodes: codesOf(endpoint),
    });
    expect(await visit(agent(), endpoint)).toBe('accepted');
    expect(await typed(endpoint)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('types a backup code where no code can be made of the seed', async () => {
    const endpoint = await withCodes(undefined, 'ask the front desk');
    expect(await visit(agent(), endpoint)).toBe('accepted');
    expect(await typed(endpoint)).toEqual([1, 0, 0, 0, 0, 0]);
  });
});

it('no code is in a byte of Postgres, nor in a log', async () => {
  expect(await testEnvironment.db.transaction('every tenant', (tx) => tx.backupCodeSpent.count())).toBeGreaterThan(10);
  const holding = async (text: string) => new Set((await storage.holding([text])).map((name) => name.split('/')[0]));
  expect(await holding('backup_codes_low:borealis-1:none')).toEqual(new Set(['base', 'pg_wal']));
  expect(await holding('7X9k')).toEqual(new Set());
  expect(log.filter((line) => line.includes('a backup code is typed')).length).toBeGreaterThan(5);
  expect(log.filter((line) => line.includes('7X9k'))).toEqual([]);
});
