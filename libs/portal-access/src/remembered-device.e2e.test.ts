import { globSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  appRoleFolder,
  createCredentialManager,
  createTenantDevices,
  createTenantStores,
  type CredentialPayload,
  deviceReference,
  parseDevice,
  parsePayload,
  parseReference,
  serializePayload,
  type TenantDevices,
} from '@rcm/credentials';
import type { Database } from '@rcm/db';
import { answerCodeRequest, keyOfCodeRequest, listWantedCodes, sealCode } from '@rcm/db/codes';
import { acquireSharedLease } from '@rcm/db/leases';
import { forgetDevice } from '@rcm/db/ledger';
import { requestRotation } from '@rcm/db/rotation';
import { type BrowserPool, createBrowserPool, readRecipeFile } from '@rcm/portal-drivers';
import { createLogger, createMetrics, type Metrics, RcmError, Secret, systemClock } from '@rcm/telemetry';
import { isLongForm } from '@rcm/test-services';
import { openTestEnvironment, type TestEnvironment, type EnvironmentEndpoint } from '@rcm/test-environment';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withAgentSession } from './agent-session.ts';
import type { AgentAccess } from './agent-access.ts';
import { Drivers } from './drivers.ts';
import { loginDevice } from './login-device.ts';
import { migratedEndpoint } from './stored-credential.ts';
import { currentOf } from './rotated.fixture.ts';
import { SessionCache } from './session-cache.ts';

const DAY_MS = 86_400_000;
const STARTED_MS = Date.now();
/** How often somebody looks whether a code is wanted: each look is a query. */
const LOOK_MS = 250;

let testEnvironment: TestEnvironment;
let operator: Database;
let rotator: Database;
let browser: BrowserPool;
const log: string[] = [];
const opened: TenantDevices[] = [];
beforeAll(async () => {
  const recipe = await readRecipeFile('borealis-remembered');
  testEnvironment = await openTestEnvironment({ endpoints: [], portalType: { settleMs: 200, lockoutThreshold: 10, recipe } });
  [operator, rotator] = [testEnvironment.databaseAs('rcm_operator'), testEnvironment.databaseAs('rcm_rotator')];
  const logger = createLogger({ name: 'test', level: 'silent' });
  browser = createBrowserPool({ maxContexts: 4, logger, ...(process.env['RCM_CHROMIUM_PATH'] ? { executablePath: process.env['RCM_CHROMIUM_PATH'] } : {}) });
});
afterAll(async () => {
  await browser?.close();
  await Promise.all(opened.map((devices) => devices.close()));
  await testEnvironment?.close();
});

const asAgent = () => ({
  ...{
    region: testEnvironment.aws.region,
    endpoint: testEnvironment.aws.endpoint,
    environment: testEnvironment.environmentName,
    kmsKeyId: testEnvironment.aws.kmsKeyArn,
  },
  ...{ roleArn: testEnvironment.aws.tenantRoleArn('agent'), credentials: testEnvironment.aws.taskCredentials('rcm-agent-task') },
  vault: { address: testEnvironment.vault.address, mount: testEnvironment.vault.mount, appRole: appRoleFolder(testEnvironment.vault.folderOf('agent')) },
});

/** As an agent's process has them, which may read and keep devices, and write no login. */
function agentsDevices(): TenantDevices {
  const devices = createTenantDevices(asAgent());
  opened.push(devices);
  return devices;
}

interface Agent extends AgentAccess {
  readonly metrics: Metrics;
}

/** An agent's process: it shares database and store alone. */
function agent(devices: TenantDevices | undefined = agentsDevices()): Agent {
  const logger = createLogger({ name: 'test', level: 'trace', destination: { write: (line: string) => void log.push(line) } });
  const metrics = createMetrics();
  return {
    db: testEnvironment.databaseAs('rcm_agent'),
    clock: systemClock,
    logger,
    metrics,
    devices,
    credentials: createCredentialManager({ stores: createTenantStores(asAgent()), metrics }),
    drivers: new Drivers(browser, logger, metrics),
    sessions: new SessionCache({ maxSessions: 0, idleMs: 60_000 }),
    lease: { ttlMs: 30_000, waitMs: 60_000, pollMs: 50 },
    login: { loginDeadlineMs: 60_000, totpWaitMs: 120_000, personWaitMs: 600_000 },
    illness: { windowMs: 600_000, suspects: 3 },
    keys: testEnvironment.identityKeys,
  };
}

/** An account whose portal sends it a code, and whose secret says that a person is asked for it. */
async function account(store: 'ssm' | 'secrets-manager' | 'vault' = 'ssm'): Promise<EnvironmentEndpoint> {
  const endpoint = await testEnvironment.addEndpoint('borealis', store);
  const current = await currentOf(testEnvironment, endpoint);
  const payload = parsePayload(current.text).map((before): CredentialPayload => ({ ...before, mfa_seed: null, second_factors: ['person'] }));
  await testEnvironment.stores.forTenant(endpoint.orgId).replace(parseReference(endpoint.secretArn), serializePayload(payload), current.version);
  const { username, password } = payload.reveal();
  await testEnvironment.portals.createAccount({ portal: 'borealis', username, password, receivesCodes: true });
  return endpoint;
}

/** A login, answered with the portal's last message as often as somebody is asked; whether it was asked for a code. */
async function login(access: AgentAccess, endpoint: EnvironmentEndpoint): Promise<'with a code' | 'without a code'> {
  const before = (await testEnvironment.portals.sentCodes(endpoint)).length;
  const done = new AbortController();
  const reading = answerCodes(endpoint, done.signal);
  const { orgId, id } = endpoint;
  await withAgentSession(access, { orgId, endpointId: id, holder: 'test-agent', signal: new AbortController().signal }, async () => ({
    ...{ value: 'accepted', session: 'close' },
  })).finally(() => done.abort());
  await reading;
  return (await testEnvironment.portals.sentCodes(endpoint)).length > before ? 'with a code' : 'without a code';
}

async function answerCodes({ orgId, id, ...endpoint }: EnvironmentEndpoint, signal: AbortSignal): Promise<void> {
  for (; !signal.aborted; await systemClock.sleep(LOOK_MS, signal).catch(() => undefined)) {
    const wanted = (await listWantedCodes(operator, { orgId, limit: 20 })).find((each) => each.endpointId === id && each.answeredBy === null);
    if (!wanted) continue;
    const key = await keyOfCodeRequest(operator, wanted.id, 'every tenant');
    // Another login's reader was faster.
    if (key === null) continue;
    const code = new Secret((await testEnvironment.portals.sentCodes(endpoint)).at(-1)?.code ?? '');
    await answerCodeRequest(operator, wanted.id, {
      sealed: sealCode(key.publicKey, wanted.id, code),
      actor: 'person:os:jane',
      reason: 'a test',
      scope: 'every tenant',
    });
  }
}

const referenceOf = ({ secretArn, id }: EnvironmentEndpoint) => deviceReference(parseReference(secretArn), id);
const stored = async (endpoint: EnvironmentEndpoint) => agentsDevices().forTenant(endpoint.orgId).read(referenceOf(endpoint));
const stateOf = async (endpoint: EnvironmentEndpoint): Promise<object | null> => {
  const found = await stored(endpoint);
  return found === null ? null : parseDevice(found.text).reveal().state;
};
const events = async ({ orgId, id }: EnvironmentEndpoint): Promise<readonly string[]> =>
  testEnvironment.db
    .transaction(
      { tenant: orgId },
      (tx) =>
        tx.$queryRaw<
          { action: string }[]
        >`SELECT action FROM audit_event WHERE org_id = ${orgId} AND subject = ${id} AND action LIKE 'login.device%' ORDER BY seq`,
    )
    .then((rows) => rows.map(({ action }) => action));
/** What was counted of its logins, by how the portal knew the device. */
const counted = async ({ metrics }: Agent): Promise<string[]> =>
  [...(await metrics.exposition()).matchAll(/^rcm_device_logins_total\{device="(\w+)"\} ([1-9]\d*)$/gm)].map(([, device, times]) => `${device} ${times}`);
const tries = async ({ username }: EnvironmentEndpoint) => {
  const { loginsAccepted, loginsRejected } = await testEnvironment.portals.account('borealis', username);
  return [loginsAccepted, loginsRejected];
};

describe('a login whose portal remembers its device', () => {
  // On a change each store is that of a login below, which does this among other things.
  it.each(isLongForm() ? (['ssm', 'secrets-manager', 'vault'] as const) : [])('is asked for a code once, and by no process again: %s', async (store) => {
    const [endpoint, one, two] = [await account(store), agent(), agent()];
    expect(await login(one, endpoint)).toBe('with a code');
    expect([await login(one, endpoint), await login(two, endpoint)]).toEqual(['without a code', 'without a code']);
    expect(await events(endpoint)).toEqual(['login.device_kept']);
    expect([await counted(one), await counted(two)]).toEqual([['known 1', 'none 1'], ['known 1']]);
    expect(await tries(endpoint)).toEqual([3, 0]);
  });

  it('is asked again once its days are over, and is another one then', async () => {
    const [endpoint, access] = [await account('secrets-manager'), agent()];
    await login(access, endpoint);
    const before = await stored(endpoint);
    const past = before?.text.map((text) => text.replace(/"remembered_at":"[^"]*"/, `"remembered_at":"${new Date(Date.now() - 30 * DAY_MS).toISOString()}"`));
    await put(endpoint, past ?? new Secret(''));
    expect(await login(access, endpoint)).toBe('with a code');
    expect([await login(access, endpoint), await tries(endpoint)]).toEqual(['without a code', [3, 0]]);
  });

  it('is asked again after a person’s word, and after a compromise, for good', async () => {
    const [endpoint, access] = [await account(), agent()];
    const owner = { orgId: endpoint.orgId, endpointId: endpoint.id, actor: 'person:os:jane', reason: 'a laptop was stolen' };
    await login(access, endpoint);
    const before = await stored(endpoint);
    await forgetDevice(rotator, owner);
    expect(await login(access, endpoint)).toBe('with a code');
    expect(await login(access, endpoint)).toBe('without a code');
    await requestRotation(rotator, { ...owner, kind: 'compromise' });
    expect(await login(access, endpoint)).toBe('with a code');
    // Put back by whoever has an older copy of the store, it is as forgotten as it was.
    await put(endpoint, before?.text ?? new Secret(''));
    expect(await login(access, endpoint)).toBe('with a code');
    expect((await events(endpoint)).slice(0, 3)).toEqual(['login.device_kept', 'login.device_forgotten', 'login.device_kept']);
  });

  it('goes on as ever where the portal has forgotten it, or another’s or a forged one lies there: one password, one code', async () => {
    const [endpoint, other, access] = [await account(), await account(), agent()];
    await login(access, endpoint);
    await login(access, other);
    await testEnvironment.portals.forgetDevices(endpoint);
    expect(await login(access, endpoint)).toBe('with a code');
    const theirs = await stored(other);
    await put(endpoint, theirs?.text ?? new Secret(''));
    expect(await login(access, endpoint)).toBe('with a code');
    await put(endpoint, theirs?.text.map((text) => text.replaceAll(other.id, endpoint.id)) ?? new Secret(''));
    expect(await login(access, endpoint)).toBe('with a code');
    expect(await login(access, endpoint)).toBe('without a code');
    const sent = await testEnvironment.portals.sentCodes(endpoint);
    expect([sent.map(({ typed }) => typed), await tries(endpoint)]).toEqual([
      [1, 1, 1, 1],
      [5, 0],
    ]);
    expect((await testEnvironment.portals.devices(other)).map(({ used }) => used)).toEqual([0]);
    // What names another login is not shown to the portal at all.
    expect(await counted(access)).toEqual(['known 1', 'asked 2', 'none 3']);
  });

  it('goes on as ever where the store is down before it, after it, or both', async () => {
    const [endpoint, access] = [await account(), agent()];
    const real = agentsDevices();
    const down = () => Promise.reject(new RcmError('store_unavailable', 'The store is down.'));
    const faulty = (read: boolean, write: boolean): TenantDevices => ({
      forTenant: (orgId) => ({ ...real.forTenant(orgId), ...(read ? { read: down } : {}), ...(write ? { write: down } : {}) }),
      close: () => Promise.resolve(),
    });
    if (isLongForm()) expect(await login(agent(faulty(true, true)), endpoint)).toBe('with a code');
    expect(await login(agent(faulty(false, true)), endpoint)).toBe('with a code');
    expect(await stored(endpoint)).toBeNull();
    const unread = agent(faulty(true, false));
    expect(await login(unread, endpoint)).toBe('with a code');
    expect(await counted(unread)).toEqual(['unread 1']);
    expect([await login(access, endpoint), await login(access, endpoint), await tries(endpoint)]).toEqual([
      'with a code',
      'without a code',
      [isLongForm() ? 5 : 4, 0],
    ]);
  });

  it('asks again where the process died between the login and the write, and no half of a device is left', async () => {
    const endpoint = await account();
    const real = agentsDevices();
    const never: TenantDevices = {
      forTenant: (orgId) => ({ ...real.forTenant(orgId), write: () => Promise.reject(new Error('the process ended here')) }),
      close: () => Promise.resolve(),
    };
    expect(await login(agent(never), endpoint)).toBe('with a code');
    // It is known that one may lie there, and none does.
    expect([await events(endpoint), await stored(endpoint)]).toEqual([['login.device_kept'], null]);
    const access = agent();
    expect([await login(access, endpoint), await login(access, endpoint)]).toEqual(['with a code', 'without a code']);
  });

  it('is made by two agents at once, and one of the two devices is kept, which is known', async () => {
    const [endpoint, one, two] = [await account('vault'), agent(), agent()];
    await Promise.all([login(one, endpoint), login(two, endpoint)]);
    const state = JSON.stringify(await stateOf(endpoint));
    expect((await testEnvironment.portals.devices(endpoint)).filter(({ token }) => state.includes(token))).toHaveLength(1);
    expect([await login(one, endpoint), await login(two, endpoint)]).toEqual(['without a code', 'without a code']);
  });

  it('is not shown to a portal that forgets it with the password, once that was changed', async () => {
    const [endpoint, access] = [await account(), agent()];
    await login(access, endpoint);
    await testEnvironment.db.transaction(
      { tenant: endpoint.orgId },
      (tx) => tx.$executeRaw`UPDATE integration_endpoint SET last_rotated_at = now() WHERE id = ${endpoint.id}`,
    );
    expect(await login(access, endpoint)).toBe('with a code');
    expect((await testEnvironment.portals.devices(endpoint)).map(({ used }) => used)).toEqual([0, 0]);
    expect(await login(access, endpoint)).toBe('without a code');
  });

  const ends = [
    ['unknown', true],
    ['rejected', false],
    ['mfa_required', true],
    ['unavailable', false],
  ] as const;

  it.each(ends.slice(0, isLongForm() ? 4 : 2))('after a login that had it and ended as %s, is given up: %s', async (outcome, isGivenUp) => {
    const [endpoint, access] = [await account(), agent()];
    const { orgId, id: endpointId } = endpoint;
    await login(access, endpoint);
    const leased = await acquireSharedLease(access.db, { orgId, endpointId, holder: 'test-agent', ttlMs: 60_000 });
    if (!leased.granted || !access.devices) throw new Error('the login is not had');
    const device = loginDevice({
      ...{ db: access.db, logger: access.logger, devices: access.devices, endpoint: await migratedEndpoint(access.db, { orgId, endpointId }) },
      ...{ leaseId: leased.lease.id, rules: { days: 30, forgottenOnChange: true }, making: 'may make', signal: new AbortController().signal },
    });
    expect(await device.load()).not.toBeNull();
    await device.ended({ outcome, loginAttemptId: null, device: undefined, withCode: false });
    expect((await stateOf(endpoint)) === null).toBe(isGivenUp);
    expect((await events(endpoint)).includes('login.device_dropped')).toBe(isGivenUp);
  });

  it('keeps none, and uses none, where the deployment keeps no devices', async () => {
    const [endpoint, access] = [await account(), { ...agent(), devices: undefined }];
    expect([await login(access, endpoint), await login(access, endpoint), await stored(endpoint)]).toEqual(['with a code', 'with a code', null]);
  });
});

/** Whoever may write to the store, and puts there what they like. */
async function put(endpoint: EnvironmentEndpoint, text: Secret<string>): Promise<void> {
  const found = await stored(endpoint);
  const tags = { TenantId: endpoint.orgId, Environment: testEnvironment.environmentName, PortalType: endpoint.portal };
  expect(
    await agentsDevices()
      .forTenant(endpoint.orgId)
      .write(referenceOf(endpoint), { text, base: found?.version ?? null, tags }),
  ).toBe('kept');
}

it('a device is another tenant’s, and another login’s, for nobody', async () => {
  const [endpoint, access] = [await account(), agent()];
  await login(access, endpoint);
  const devices = agentsDevices();
  await expect(devices.forTenant('hospital-two').read(referenceOf(endpoint))).rejects.toMatchObject({ code: 'reference_not_yours' });
  // What names no device is not reached, and what is a device is no login.
  await expect(devices.forTenant(endpoint.orgId).read(parseReference(endpoint.secretArn))).rejects.toMatchObject({ code: 'reference_invalid' });
  await expect(testEnvironment.stores.forTenant(endpoint.orgId).read(referenceOf(endpoint))).rejects.toMatchObject({ code: 'reference_invalid' });
  const theirs = { ...parseReference(endpoint.secretArn), organizationId: 'hospital-two' };
  const fromIam = createTenantDevices({ ...asAgent(), environment: testEnvironment.environmentName });
  opened.push(fromIam);
  await expect(fromIam.forTenant('hospital-two').read(deviceReference(theirs, endpoint.id))).resolves.toBeNull();
});

it('no device is in a byte of Postgres, in a log, or in a file of the browser’s', async () => {
  const made = (await Promise.all(testEnvironment.endpoints.map((endpoint) => testEnvironment.portals.devices(endpoint)))).flat();
  const words = made.flatMap(({ token, mark }) => [token, mark]);
  expect(words.length).toBeGreaterThan(10);
  const holding = await testEnvironment.db.transaction('no tenant', async (tx) => {
    await tx.$executeRaw`CHECKPOINT`;
    return tx.$queryRaw<{ name: string }[]>`
      SELECT f.name FROM pg_class c CROSS JOIN LATERAL (SELECT pg_relation_filepath(c.oid) AS name) f
       WHERE c.relkind IN ('r', 't', 'i') AND c.relnamespace IN ('public'::regnamespace, 'pg_toast'::regnamespace) AND f.name IS NOT NULL
         AND EXISTS (SELECT FROM unnest(${words}::text[]) word WHERE position(convert_to(word, 'UTF8') IN pg_read_binary_file(f.name)) > 0)`;
  });
  expect(holding).toEqual([]);
  const files = profiles().flatMap((folder) => globSync('**/*', { cwd: folder, withFileTypes: true }).filter((entry) => entry.isFile()));
  expect(files.length).toBeGreaterThan(0);
  const inFile = files.filter(({ parentPath, name }) => {
    const bytes = readIfThere(join(parentPath, name));
    return words.some((word) => bytes.includes(word));
  });
  expect(inFile.map(({ name }) => name)).toEqual([]);
  for (const word of words) expect(log.filter((line) => line.includes(word))).toEqual([]);
});

/** Where browsers that were started since this file was have what they write; other tests' too, whose files hold nothing of this one's either. */
const profiles = (): string[] =>
  globSync('playwright_chromiumdev_profile-*', { cwd: tmpdir() })
    .map((name) => join(tmpdir(), name))
    .filter((folder) => (statSync(folder, { throwIfNoEntry: false })?.birthtimeMs ?? 0) >= STARTED_MS);

/** A browser's files come and go while they are read. */
function readIfThere(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}
