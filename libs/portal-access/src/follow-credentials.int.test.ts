import { type CredentialManager, createCredentialManager, createTenantReaders, parsePayload, parseReference, serializePayload } from '@rcm/credentials';
import { taskRoleName } from '@rcm/credentials/policies';
import { followStoreVersion } from '@rcm/db/rotation';
import { createLogger, createMetrics } from '@rcm/telemetry';
import { type EnvironmentEndpoint, openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { openRelay, type Relay } from '@rcm/test-services';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { followCredentialChanges } from './follow-credentials.ts';

const ENDPOINTS = 12;
const WAIT = { timeout: 30_000 };
let testEnvironment: TestEnvironment;
let relay: Relay;
let credentials: CredentialManager;
let metrics: ReturnType<typeof createMetrics>;
let followed: { close(): Promise<void> };
let changed: string[];
let close: () => Promise<void>;

beforeAll(async () => void (testEnvironment = await openTestEnvironment({ endpoints: Array.from({ length: ENDPOINTS }, () => 'alpine' as const) })));
afterAll(() => testEnvironment?.close());

beforeEach(async () => {
  relay = await openRelay(testEnvironment.databaseUrl);
  metrics = createMetrics();
  changed = [];
  const { region, endpoint } = testEnvironment.aws;
  const stores = createTenantReaders({
    region,
    endpoint,
    environment: 'test',
    roleArn: testEnvironment.aws.tenantRoleArn('agent'),
    kmsKeyId: testEnvironment.aws.kmsKeyArn,
    credentials: testEnvironment.aws.taskCredentials(taskRoleName('agent')),
  });
  credentials = createCredentialManager({ stores, metrics });
  // Only the listener goes through the relay: the database is there all the time, as it is behind a failed-over proxy.
  const db = Object.create(testEnvironment.databaseAs('rcm_agent'), { directUrl: { value: relay.url } }) as TestEnvironment['db'];
  const logger = createLogger({ name: 'test', level: 'silent' });
  followed = await followCredentialChanges({ db, credentials, logger, metrics, onChanged: (id) => changed.push(id), signal: new AbortController().signal });
  close = async () => {
    await followed.close();
    await stores.close();
    await relay.close();
  };
});
afterEach(() => close());

/** As an agent that was not told a version: what the cache holds will do. */
const read = ({ orgId, secretArn }: EnvironmentEndpoint, version: string | null = null) =>
  credentials.get({ orgId, reference: parseReference(secretArn), version });
const metric = async (line: string) =>
  Number(
    (await metrics.exposition())
      .split('\n')
      .find((text) => text.startsWith(`${line} `))
      ?.split(' ')
      .at(-1) ?? 0,
  );

/** A new version in the store, and the row follows: what a promotion does to readers. */
async function promote(endpoint: EnvironmentEndpoint): Promise<string> {
  const store = testEnvironment.stores.forTenant(endpoint.orgId);
  const reference = parseReference(endpoint.secretArn);
  const current = await store.read(reference);
  if (!current) throw new Error('no secret');
  const text = serializePayload(parsePayload(current.text).map((payload) => ({ ...payload, password: `${payload.password}x` })));
  const { version } = await store.replace(reference, text, current.version);
  const { orgId, id: endpointId, secretArn } = endpoint;
  await followStoreVersion(testEnvironment.databaseAs('rcm_agent'), { orgId, endpointId, secretArn, from: current.version, to: version });
  return version;
}

const someEndpoint = (): EnvironmentEndpoint => testEnvironment.endpoint('alpine-1');

test('a promoted credential is forgotten as soon as it is told of', async () => {
  const endpoint = someEndpoint();
  await read(endpoint);
  const version = await promote(endpoint);
  await expect.poll(async () => (await read(endpoint)).version, WAIT).toBe(version);
  expect(changed).toContain(endpoint.id);
});

test('a change that somebody made up, or tells again, costs no credential and no session', async () => {
  const [endpoint, ...others] = testEnvironment.endpoints;
  if (!endpoint) throw new Error('no endpoint');
  for (const each of testEnvironment.endpoints) await read(each);
  const agent = testEnvironment.databaseAs('rcm_agent');
  const tell = (payload: object | string) =>
    agent.transaction(
      'no tenant',
      (tx) => tx.$executeRaw`SELECT pg_notify('rcm_credential_changed', ${typeof payload === 'string' ? payload : JSON.stringify(payload)})`,
    );
  for (const { id, orgId, secretArn } of others)
    for (const made of [
      { endpointId: id, orgId, secretArn, version: '999' },
      { endpointId: id, orgId: 'another', secretArn, version: '999' },
      { endpointId: 'none', orgId: '*', secretArn, version: '999' },
      { endpointId: id, orgId, secretArn: 'arn:aws:ssm:x', version: '999' },
    ])
      await tell(made);
  await tell('no JSON');
  const version = await promote(endpoint);
  await expect.poll(async () => (await read(endpoint)).version, WAIT).toBe(version);
  for (const each of others) expect(await read(each)).toMatchObject({ served: 'cache' });
  for (let i = 0; i < 20; i += 1) for (const { id, orgId, secretArn } of testEnvironment.endpoints) await tell({ endpointId: id, orgId, secretArn, version });
  const last = await promote(endpoint);
  await expect.poll(async () => (await read(endpoint)).version, WAIT).toBe(last);
  // Whoever names the version that an endpoint has is believed once, and no value that is right was given up.
  const times = (id: string) => changed.filter((each) => each === id).length;
  expect(times(endpoint.id)).toBe(2);
  for (const { id } of others) expect(times(id)).toBeLessThanOrEqual(1);
  for (const each of others) expect(await read(each)).toMatchObject({ served: 'cache' });
});

test('what changed while the connection was away is found when it is back; what did not stays, and no store is asked', async () => {
  const endpoint = someEndpoint();
  const before = await Promise.all(testEnvironment.endpoints.map((each) => read(each)));
  relay.cut();
  await expect.poll(() => metric('rcm_credential_listening'), WAIT).toBe(0);
  const version = await promote(endpoint);
  // Nobody has told the cache: this is the time that the version by lease is for.
  expect(await read(endpoint)).toMatchObject({ served: 'cache', version: before[0]?.version });
  relay.mend();
  await expect.poll(async () => (await read(endpoint)).version, WAIT).toBe(version);
  expect(await metric('rcm_credential_changes_total{how="caught_up"}')).toBe(1);
  expect(changed).toEqual([endpoint.id]);
  const misses = await metric('rcm_credential_misses_total{served="store"}');
  expect(misses).toBe(ENDPOINTS + 1);
});

test('a connection that Postgres ends is made again, and nothing is missed', async () => {
  const endpoint = someEndpoint();
  await read(endpoint);
  const ended = await testEnvironment.db.transaction(
    'no tenant',
    (tx) =>
      tx.$queryRaw<unknown[]>`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%listener' AND datname = current_database()`,
  );
  expect(ended).toHaveLength(1);
  const version = await promote(endpoint);
  await expect.poll(async () => (await read(endpoint)).version, WAIT).toBe(version);
});

test('without notifications the version that comes with the lease keeps a stale value from being used', async () => {
  const endpoint = someEndpoint();
  await read(endpoint);
  relay.cut();
  const version = await promote(endpoint);
  expect(await read(endpoint, version)).toMatchObject({ served: 'store', version });
});
