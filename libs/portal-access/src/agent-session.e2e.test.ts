import { randomUUID } from 'node:crypto';
import {
  createCredentialManager,
  createTenantStores,
  type CredentialPayload,
  parsePayload,
  parseReference,
  serializePayload,
  withPassword,
} from '@rcm/credentials';
import { getEndpoint } from '@rcm/db';
import { listLeases } from '@rcm/db/leases';
import { listWantedSearches } from '@rcm/db/rotation';
import { type BrowserPool, createBrowserPool } from '@rcm/portal-drivers';
import { createLogger, createMetrics, RcmError, Secret, systemClock } from '@rcm/telemetry';
import { isLongForm } from '@rcm/test-services';
import { openTestEnvironment, type TestEnvironment, type EnvironmentEndpoint } from '@rcm/test-environment';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withAgentSession } from './agent-session.ts';
import type { AgentAccess } from './agent-access.ts';
import { Drivers } from './drivers.ts';
import { currentOf, rotateWithoutBrowser } from './rotated.fixture.ts';
import { SessionCache } from './session-cache.ts';

/** Longer than any test takes: what is to be over by then is aged, so no test waits, and none is late. */
const LOCKOUT_WINDOW_MS = 300_000;
const PROPAGATION_DELAY_MS = 120_000;
const ILLNESS_MS = 600_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ALPINES = 18;
let testEnvironment: TestEnvironment;
let browser: BrowserPool;
let access: AgentAccess;
let next = 0;

beforeAll(async () => {
  testEnvironment = await openTestEnvironment({
    endpoints: [...Array.from({ length: ALPINES }, () => 'alpine' as const), 'cascade', 'cascade'],
    lockoutWindowMs: LOCKOUT_WINDOW_MS,
    portalType: { settleMs: PROPAGATION_DELAY_MS, lockoutWindowSeconds: LOCKOUT_WINDOW_MS / 1000 },
  });
  const logger = createLogger({ name: 'test', level: 'silent' });
  const metrics = createMetrics();
  browser = createBrowserPool({ maxContexts: 8, logger, ...(process.env['RCM_CHROMIUM_PATH'] ? { executablePath: process.env['RCM_CHROMIUM_PATH'] } : {}) });
  const stores = createTenantStores({
    region: testEnvironment.aws.region,
    endpoint: testEnvironment.aws.endpoint,
    environment: 'test',
    roleArn: testEnvironment.aws.tenantRoleArn('agent'),
    kmsKeyId: testEnvironment.aws.kmsKeyArn,
    credentials: testEnvironment.aws.taskCredentials('rcm-agent-task'),
  });
  access = {
    db: testEnvironment.databaseAs('rcm_agent'),
    clock: systemClock,
    logger,
    credentials: createCredentialManager({ stores, metrics }),
    drivers: new Drivers(browser, logger, metrics),
    // What earlier tests keep never takes the last place from a later one.
    sessions: new SessionCache({ maxSessions: 4, idleMs: 60_000 }),
    lease: { ttlMs: 10_000, waitMs: 500, pollMs: 50 },
    login: { loginDeadlineMs: 60_000, totpWaitMs: 60_000, personWaitMs: 60_000 },
    illness: { windowMs: ILLNESS_MS, suspects: 3 },
    keys: testEnvironment.identityKeys,
  };
});
afterAll(async () => {
  await access?.sessions.close();
  await browser?.close();
  await testEnvironment?.close();
});

const fresh = (): EnvironmentEndpoint => {
  const endpoint = testEnvironment.endpoints[next++];
  if (!endpoint) throw new Error('the test environment has no endpoint left');
  return endpoint;
};
const visit = (endpoint: EnvironmentEndpoint, orgId = endpoint.orgId) =>
  withAgentSession(access, { orgId, endpointId: endpoint.id, holder: 'test-agent', signal: new AbortController().signal }, async () => ({
    value: 'visited',
    session: 'keep',
  }));
const codeOf = (visiting: Promise<unknown>) =>
  visiting.then(
    () => 'none',
    (error: RcmError) => error.code,
  );
const counts = (endpoint: EnvironmentEndpoint) => testEnvironment.portals.account(endpoint.portal, endpoint.username);

/** As if so much time had passed since all that the ledger knows. */
const age = (ms: number) =>
  testEnvironment.db.transaction('every tenant', async (tx) => {
    const by = ms / 1_000;
    await tx.$executeRaw`
      UPDATE integration_endpoint SET secret_taken_at = secret_taken_at - make_interval(secs => ${by}::float8),
        search_wanted_at = search_wanted_at - make_interval(secs => ${by}::float8)`;
    await tx.$executeRaw`
      UPDATE login_attempt SET started_at = started_at - make_interval(secs => ${by}::float8), finished_at = finished_at - make_interval(secs => ${by}::float8),
        throttled_until = throttled_until - make_interval(secs => ${by}::float8), rests_until = rests_until - make_interval(secs => ${by}::float8)`;
  });

/** A person changes the password at the portal and, where `inStore`, in the store; the row is not told. */
async function changeByHand(endpoint: EnvironmentEndpoint, password: string, inStore: boolean): Promise<void> {
  await testEnvironment.portals.createAccount({ portal: endpoint.portal, username: endpoint.username, password });
  if (inStore) await edit(endpoint, (payload) => ({ ...payload, password }));
}

/** A person saves the secret. */
async function edit(endpoint: EnvironmentEndpoint, change: (payload: CredentialPayload) => CredentialPayload): Promise<void> {
  const current = await currentOf(testEnvironment, endpoint);
  const text = serializePayload(parsePayload(current.text).map(change));
  await testEnvironment.stores.forTenant(endpoint.orgId).replace(parseReference(endpoint.secretArn), text, current.version);
}

/** Somebody else's login at the same portal, now. */
async function somebodyGetsIn(other: EnvironmentEndpoint): Promise<void> {
  await access.sessions.drop(other.id);
  expect(await visit(other)).toBe('visited');
}

const isSearched = async ({ id }: EnvironmentEndpoint): Promise<boolean> =>
  (await listWantedSearches(testEnvironment.db, { limit: 100, pauseMs: 0 })).some(({ endpointId }) => endpointId === id);

/** A refusal that says when to ask again: later than `least`, and no later than `most`, in ms from now. */
async function expectToAskWithin(visiting: Promise<unknown>, least: number, most: number): Promise<void> {
  const askedAt = Date.now();
  const error = await visiting.catch((refusal: unknown) => refusal as RcmError);
  const until = error instanceof RcmError ? Date.parse(String(error.details['until'])) : Number.NaN;
  expect(until).toBeGreaterThan(askedAt + least);
  expect(until).toBeLessThanOrEqual(Date.now() + most);
}

describe('an agent that visits a portal', () => {
  // What one test's logins met says nothing about the portal to those of the next.
  beforeEach(() => age(ILLNESS_MS));

  it('logs in once and keeps its session for the next task', async () => {
    const endpoint = fresh();
    expect([await visit(endpoint), await visit(endpoint), await visit(endpoint)]).toEqual(['visited', 'visited', 'visited']);
    expect(await counts(endpoint)).toMatchObject({ loginsAccepted: 1, loginsRejected: 0 });
    expect(await listLeases(testEnvironment.db)).toEqual([]);
  });

  it('works by the recipe as it is now, also where a session is kept', async () => {
    const endpoint = fresh();
    await visit(endpoint);
    await testEnvironment.db.transaction('every tenant', async (tx) => {
      await tx.$executeRaw`SELECT set_config('app.reason', 'a test', true)`;
      await tx.$executeRaw`UPDATE portal_type SET recipe = jsonb_set(recipe, '{tasks,second_look}', (recipe->'tasks'->'claim_status') - 'contract') WHERE code = 'alpine'`;
    });
    const place = { orgId: endpoint.orgId, endpointId: endpoint.id, holder: 'test-agent', signal: new AbortController().signal };
    const outcome = await withAgentSession(access, place, async (session, signal) => ({
      value: await session.runTask({ name: 'second_look', input: { claim_number: 'CLM-1001' }, deadlineMs: 30_000, signal }),
      session: 'keep',
    }));
    expect(outcome).toMatchObject({ kind: 'found' });
  });

  it('lets a refused password cool down where others get in, an hour, then a day, and says until when', async () => {
    const [endpoint, other] = [fresh(), fresh()];
    await changeByHand(endpoint, 'Changed-by-hand-1', false);
    await somebodyGetsIn(other);
    expect(await codeOf(visit(endpoint))).toBe('login_rejected');
    // Not sent again before its cool-down is over.
    expect([await codeOf(visit(endpoint)), await codeOf(visit(endpoint))]).toEqual(['login_rejected', 'login_rejected']);
    await expectToAskWithin(visit(endpoint), 0, HOUR_MS);
    expect(await counts(endpoint)).toMatchObject({ loginsRejected: 1, locked: false });

    await age(HOUR_MS);
    await somebodyGetsIn(other);
    expect(await codeOf(visit(endpoint))).toBe('login_rejected');
    await expectToAskWithin(visit(endpoint), HOUR_MS, DAY_MS);
    await age(HOUR_MS);
    expect(await codeOf(visit(endpoint))).toBe('login_rejected');
    expect(await counts(endpoint)).toMatchObject({ loginsRejected: 2, locked: false });
    expect(await isSearched(endpoint)).toBe(true);
  });

  it('lets a refused password cool down where nobody else gets in, and works with it again after the cool-down', async () => {
    const endpoint = fresh();
    const { password } = parsePayload((await currentOf(testEnvironment, endpoint)).text).reveal();
    await changeByHand(endpoint, 'Changed-by-hand-2', false);
    expect(await codeOf(visit(endpoint))).toBe('portal_unexpected');
    expect(await codeOf(visit(endpoint))).toBe('login_not_allowed');
    await expectToAskWithin(visit(endpoint), 0, PROPAGATION_DELAY_MS);
    await age(LOCKOUT_WINDOW_MS);
    expect(await codeOf(visit(endpoint))).toBe('portal_unexpected');
    await age(LOCKOUT_WINDOW_MS);
    expect(await codeOf(visit(endpoint))).toBe('login_not_allowed');
    await expectToAskWithin(visit(endpoint), 0, HOUR_MS);
    expect(await counts(endpoint)).toMatchObject({ loginsRejected: 2, locked: false });

    await changeByHand(endpoint, password, false);
    await age(HOUR_MS);
    expect(await visit(endpoint)).toBe('visited');
  });

  it('follows a person who changed portal and store, at the cost of one try', async () => {
    const endpoint = fresh();
    await visit(endpoint);
    await access.sessions.drop(endpoint.id);
    await changeByHand(endpoint, 'Changed-by-hand-3', true);
    expect(await visit(endpoint)).toBe('visited');
    expect(await counts(endpoint)).toMatchObject({ loginsRejected: 1, locked: false });
    const row = await getEndpoint(testEnvironment.db, { orgId: endpoint.orgId, endpointId: endpoint.id });
    expect(row?.currentVersion).toBe('2');
  });

  it('calls nobody’s password bad while the portal calls everybody’s wrong, those never used before among them', async () => {
    // On a change as many as make a portal suspect, of which one was used before.
    const ill = Array.from({ length: isLongForm() ? 4 : 3 }, fresh);
    for (const endpoint of ill.slice(0, isLongForm() ? 2 : 1)) {
      await visit(endpoint);
      await access.sessions.drop(endpoint.id);
    }
    await age(ILLNESS_MS);
    await testEnvironment.portals.setHabits('alpine', { closedSaysWrong: true });
    for (let round = 0; round < (isLongForm() ? 3 : 2); round += 1) {
      for (const endpoint of ill) expect(await codeOf(visit(endpoint))).toBe('portal_unexpected');
      await age(HOUR_MS);
    }
    await testEnvironment.portals.setHabits('alpine', { closedSaysWrong: false });
    for (const endpoint of ill) expect(await codeOf(visit(endpoint))).toBe('none');
  });

  it('works again by itself where a person has locked an account of a portal with one text for wrong and locked', async () => {
    const [endpoint, other] = [testEnvironment.endpoint(`cascade-${ALPINES + 1}`), testEnvironment.endpoint(`cascade-${ALPINES + 2}`)];
    await visit(endpoint);
    await access.sessions.drop(endpoint.id);
    await testEnvironment.portals.mistype(endpoint, 3);
    expect(await codeOf(visit(endpoint))).toBe('portal_unexpected');
    await age(LOCKOUT_WINDOW_MS);
    await somebodyGetsIn(other);
    expect(await codeOf(visit(endpoint))).toBe('login_rejected');
    await testEnvironment.portals.unlock(endpoint);
    await age(HOUR_MS);
    expect(await codeOf(visit(endpoint))).toBe('none');
    const { tries } = await testEnvironment.portals.history(endpoint);
    expect(tries.filter(({ locks }) => locks).map(({ by }) => by)).toEqual(['person']);
  });

  it('says of a locked account until when it is locked, and asks no more', async () => {
    const endpoint = fresh();
    await testEnvironment.portals.mistype(endpoint, 3);
    expect(await codeOf(visit(endpoint))).toBe('login_locked');
    expect(await codeOf(visit(endpoint))).toBe('login_locked');
    await expectToAskWithin(visit(endpoint), 0, LOCKOUT_WINDOW_MS);
    expect((await testEnvironment.portals.history(endpoint)).tries.filter(({ by }) => by === 'visitor')).toHaveLength(1);
  });

  it('does not try what was saved over a rotation from an older copy, and has it searched for', async () => {
    const endpoint = fresh();
    await rotateWithoutBrowser(testEnvironment, endpoint, 'First-rotation-1');
    const opened = parsePayload((await currentOf(testEnvironment, endpoint)).text).reveal();
    await rotateWithoutBrowser(testEnvironment, endpoint, 'Second-rotation-2');
    await edit(endpoint, () => ({ ...opened, note: 'written by a person' }));
    await expect(visit(endpoint)).rejects.toMatchObject({ code: 'login_not_allowed', details: { reason: 'saved_from_old_copy' } });
    await expect(visit(endpoint)).rejects.toMatchObject({ code: 'login_not_allowed' });
    expect(await counts(endpoint)).toMatchObject({ loginsRejected: 0, loginsAccepted: 0 });
    expect(await isSearched(endpoint)).toBe(true);
  });

  it('does not try a secret that names another account, and has it searched for', async () => {
    const [endpoint, other] = [fresh(), fresh()];
    await edit(endpoint, (payload) => ({ ...payload, username: other.username }));
    await expect(visit(endpoint)).rejects.toMatchObject({ code: 'login_not_allowed', details: { reason: 'other_account' } });
    for (const account of [endpoint, other]) expect(await counts(account)).toMatchObject({ loginsRejected: 0, loginsAccepted: 0 });
    expect(await isSearched(endpoint)).toBe(true);
  });

  it('lets a login cool down for one lockout window where a rotation made the secret that the journal has forgotten', async () => {
    const endpoint = fresh();
    await edit(endpoint, (payload) =>
      withPassword(new Secret(payload), { password: new Secret(payload.password), attemptId: randomUUID(), counter: 1, now: new Date() }).reveal(),
    );
    expect([await codeOf(visit(endpoint)), await codeOf(visit(endpoint))]).toEqual(['login_not_allowed', 'login_not_allowed']);
    expect((await counts(endpoint)).loginsAccepted).toBe(0);
    await age(LOCKOUT_WINDOW_MS);
    expect(await codeOf(visit(endpoint))).toBe('none');
  });

  it('finds no endpoint of another organization', async () => {
    const endpoint = fresh();
    expect(await codeOf(visit(endpoint, 'hospital-two'))).toBe('endpoint_unknown');
    expect((await counts(endpoint)).loginsAccepted).toBe(0);
  });

  it('stops its work when the lease is lost, and closes the session', async () => {
    const endpoint = fresh();
    const stop = new AbortController();
    const visiting = withAgentSession(
      access,
      { orgId: endpoint.orgId, endpointId: endpoint.id, holder: 'test-agent', signal: stop.signal },
      async (_session, signal) => {
        stop.abort();
        await systemClock.sleep(60_000, signal);
        return { value: 'visited', session: 'keep' };
      },
    );
    expect(await codeOf(visiting)).toBe('cancelled');
    expect(await listLeases(testEnvironment.db)).toEqual([]);
    expect(access.sessions.size).toBeGreaterThanOrEqual(0);
  });
});
