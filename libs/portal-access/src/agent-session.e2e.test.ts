import { randomUUID } from 'node:crypto';
import { createCredentialManager, createTenantStores, parsePayload, parseReference, serializePayload, withPassword } from '@rcm/credentials';
import { getEndpoint, listLeases } from '@rcm/db';
import { type BrowserPool, createBrowserPool } from '@rcm/portal-drivers';
import { createLogger, createMetrics, type RcmError, Secret, systemClock } from '@rcm/telemetry';
import { openWorld, type World, type WorldEndpoint } from '@rcm/test-world';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AgentAccess, withAgentSession } from './agent-session.ts';
import { Drivers } from './drivers.ts';
import { SessionKeeper } from './session-keeper.ts';

/** Longer than any test takes: what is to be over by then is aged, so no test waits, and none is late. */
const LOCKOUT_WINDOW_MS = 300_000;
const SETTLE_MS = 120_000;
let world: World;
let browser: BrowserPool;
let access: AgentAccess;
let next = 0;

beforeAll(async () => {
  world = await openWorld({
    endpoints: [...Array.from({ length: 10 }, () => 'alpine' as const), 'cascade' as const],
    lockoutWindowMs: LOCKOUT_WINDOW_MS,
    portalType: { settleMs: SETTLE_MS, lockoutWindowSeconds: LOCKOUT_WINDOW_MS / 1000 },
  });
  const logger = createLogger({ name: 'test', level: 'silent' });
  const metrics = createMetrics();
  browser = createBrowserPool({ maxContexts: 8, logger, ...(process.env['RCM_CHROMIUM_PATH'] ? { executablePath: process.env['RCM_CHROMIUM_PATH'] } : {}) });
  const stores = createTenantStores({
    region: world.aws.region,
    endpoint: world.aws.endpoint,
    environment: 'test',
    roleArn: world.aws.tenantRoleArn('agent'),
    kmsKeyId: world.aws.kmsKeyArn,
    credentials: world.aws.taskCredentials('rcm-agent-task'),
  });
  access = {
    db: world.databaseAs('rcm_agent'),
    clock: systemClock,
    logger,
    credentials: createCredentialManager({ stores, metrics }),
    drivers: new Drivers(browser, logger, metrics),
    keeper: new SessionKeeper({ maxSessions: 8, idleMs: 60_000 }),
    lease: { ttlMs: 10_000, waitMs: 500, pollMs: 50 },
    login: { loginDeadlineMs: 60_000, totpWaitMs: 60_000 },
    illness: { windowMs: 600_000, suspects: 3 },
  };
});
afterAll(async () => {
  await access?.keeper.close();
  await browser?.close();
  await world?.close();
});

const fresh = (): WorldEndpoint => {
  const endpoint = world.endpoints[next++];
  if (!endpoint) throw new Error('the world has no endpoint left');
  return endpoint;
};
const visit = (endpoint: WorldEndpoint, orgId = endpoint.orgId) =>
  withAgentSession(access, { orgId, endpointId: endpoint.id, holder: 'test-agent', signal: new AbortController().signal }, async () => ({
    value: 'visited',
    session: 'keep',
  }));
const codeOf = (visiting: Promise<unknown>) =>
  visiting.then(
    () => 'none',
    (error: RcmError) => error.code,
  );
const counts = (endpoint: WorldEndpoint) => world.portals.account(endpoint.portal, endpoint.username);

/** As if so much time had passed since all that the ledger knows. */
const age = (ms: number) =>
  world.db.transaction('every tenant', async (tx) => {
    const by = ms / 1_000;
    await tx.$executeRaw`UPDATE integration_endpoint SET secret_taken_at = secret_taken_at - make_interval(secs => ${by}::float8)`;
    await tx.$executeRaw`
      UPDATE login_attempt SET started_at = started_at - make_interval(secs => ${by}::float8), finished_at = finished_at - make_interval(secs => ${by}::float8),
        throttled_until = throttled_until - make_interval(secs => ${by}::float8), rests_until = rests_until - make_interval(secs => ${by}::float8)`;
  });

/** A person changes the password at the portal and, where `inStore`, in the store; the row is not told. */
async function changeByHand(endpoint: WorldEndpoint, password: string, inStore: boolean): Promise<void> {
  await world.portals.createAccount({ portal: endpoint.portal, username: endpoint.username, password });
  if (!inStore) return;
  const store = world.stores.forTenant(endpoint.orgId);
  const reference = parseReference(endpoint.secretArn);
  const current = await store.read(reference);
  if (!current) throw new Error('no secret');
  await store.replace(reference, serializePayload(parsePayload(current.text).map((payload) => ({ ...payload, password }))), current.version);
}

describe('an agent that visits a portal', () => {
  it('logs in once and keeps its session for the next task', async () => {
    const endpoint = fresh();
    expect([await visit(endpoint), await visit(endpoint), await visit(endpoint)]).toEqual(['visited', 'visited', 'visited']);
    expect(await counts(endpoint)).toMatchObject({ loginsAccepted: 1, loginsRejected: 0 });
    expect(await listLeases(world.db)).toEqual([]);
  });

  it('works by the recipe as it is now, also where a session is kept', async () => {
    const endpoint = fresh();
    await visit(endpoint);
    await world.db.transaction(
      'every tenant',
      (tx) => tx.$executeRaw`UPDATE portal_type SET recipe = jsonb_set(recipe, '{tasks,second_look}', recipe->'tasks'->'claim_status') WHERE code = 'alpine'`,
    );
    const place = { orgId: endpoint.orgId, endpointId: endpoint.id, holder: 'test-agent', signal: new AbortController().signal };
    const outcome = await withAgentSession(access, place, async (session, signal) => ({
      value: await session.runTask({ name: 'second_look', input: { claim_number: 'CLM-1001' }, deadlineMs: 30_000, signal }),
      session: 'keep',
    }));
    expect(outcome).toMatchObject({ kind: 'found' });
  });

  it('never tries a password again that is known to be bad', async () => {
    const endpoint = fresh();
    await changeByHand(endpoint, 'Changed-by-hand-1', false);
    expect([await codeOf(visit(endpoint)), await codeOf(visit(endpoint)), await codeOf(visit(endpoint))]).toEqual([
      'login_rejected',
      'login_rejected',
      'login_rejected',
    ]);
    expect(await counts(endpoint)).toMatchObject({ loginsRejected: 1, locked: false });
  });

  it('rests a password that worked before, tries it once more after the rest, then never again', async () => {
    const endpoint = fresh();
    await visit(endpoint);
    await access.keeper.drop(endpoint.id);
    await changeByHand(endpoint, 'Changed-by-hand-2', false);
    expect(await codeOf(visit(endpoint))).toBe('portal_unexpected');
    expect(await codeOf(visit(endpoint))).toBe('login_not_allowed');
    expect((await counts(endpoint)).loginsRejected).toBe(1);
    await age(SETTLE_MS);
    expect([await codeOf(visit(endpoint)), await codeOf(visit(endpoint))]).toEqual(['login_rejected', 'login_rejected']);
    expect(await counts(endpoint)).toMatchObject({ loginsRejected: 2, locked: false });
  });

  it('follows a person who changed portal and store, at the cost of one try', async () => {
    const endpoint = fresh();
    await visit(endpoint);
    await access.keeper.drop(endpoint.id);
    await changeByHand(endpoint, 'Changed-by-hand-3', true);
    expect(await visit(endpoint)).toBe('visited');
    expect(await counts(endpoint)).toMatchObject({ loginsRejected: 1, locked: false });
    const row = await getEndpoint(world.db, { orgId: endpoint.orgId, endpointId: endpoint.id });
    expect(row?.currentVersion).toBe('2');
  });

  it('spoils no password while a portal calls everybody’s wrong', async () => {
    const ill = [fresh(), fresh(), fresh()];
    for (const endpoint of ill) {
      await visit(endpoint);
      await access.keeper.drop(endpoint.id);
    }
    await world.portals.setHabits('alpine', { closedSaysWrong: true });
    for (let round = 0; round < 2; round += 1) {
      for (const endpoint of ill) expect(await codeOf(visit(endpoint))).toBe('portal_unexpected');
      await age(SETTLE_MS);
    }
    await world.portals.setHabits('alpine', { closedSaysWrong: false });
    await age(LOCKOUT_WINDOW_MS);
    for (const endpoint of ill) expect(await codeOf(visit(endpoint))).toBe('none');
  });

  it('spoils no password over one text for wrong and locked, where a lock is possible', async () => {
    const endpoint = world.endpoint('cascade-11');
    await visit(endpoint);
    await access.keeper.drop(endpoint.id);
    const store = world.stores.forTenant(endpoint.orgId);
    const current = await store.read(parseReference(endpoint.secretArn));
    const { password } = parsePayload(current?.text ?? new Secret('')).reveal();
    // As a lock looks from here: the one text, until it is over.
    await changeByHand(endpoint, 'Locked123#', false);
    expect(await codeOf(visit(endpoint))).toBe('portal_unexpected');
    await age(SETTLE_MS);
    expect(await codeOf(visit(endpoint))).toBe('portal_unexpected');
    await changeByHand(endpoint, password, false);
    await age(LOCKOUT_WINDOW_MS);
    expect(await codeOf(visit(endpoint))).toBe('none');
  });

  it('lets a login rest for one lockout window where a rotation made the secret that the journal has forgotten', async () => {
    const endpoint = fresh();
    const store = world.stores.forTenant(endpoint.orgId);
    const reference = parseReference(endpoint.secretArn);
    const current = await store.read(reference);
    if (!current) throw new Error('no secret');
    const forgotten = parsePayload(current.text).map((payload) =>
      withPassword(new Secret(payload), { password: new Secret(payload.password), attemptId: randomUUID(), counter: 1, now: new Date() }),
    );
    await store.replace(reference, serializePayload(forgotten.reveal()), current.version);
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
    expect(await listLeases(world.db)).toEqual([]);
    expect(access.keeper.size).toBeGreaterThanOrEqual(0);
  });
});
