import { randomUUID } from 'node:crypto';
import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type LocalAws, Regions, startLocalAws } from '@rcm/local-aws';
import { createMetrics, RcmError, Secret } from '@rcm/telemetry';
import { alarmsTold } from '@rcm/telemetry/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type CredentialManager, createCredentialManager } from '../reading/credential-manager.ts';
import { credentialReference, type SecretReference, secretPath } from '../reference.ts';
import { createTenantReaders, createTenantStores, type TenantReaders, type TenantStores } from '../tenancy/tenant-stores.ts';
import { type CopyingStores, createCopyingStores } from './copying-stores.ts';
import { createFailoverReaders } from './failover-readers.ts';
import { inRegion } from './in-region.ts';

/** What Secrets Manager replicates by itself, once a writer has told it to. */
const [HOME, AWAY] = ['us-east-1', 'us-west-2'] as const;
const ORG = 'hospital-one';
const TAGS = { TenantId: ORG, Environment: 'test', PortalType: 'alpine' };
let home: LocalAws;
let away: LocalAws;
/** What it replicates between. */
let regions: Regions;
let writers: { readonly home: TenantStores; readonly away: TenantStores };
let readers: TenantReaders;
let stores: CopyingStores;
let metrics: ReturnType<typeof createMetrics>;
let credentials: CredentialManager;
let behind: string[];
let made = 0;

const optionsFor = (aws: LocalAws, role: 'agent' | 'rotator') => ({
  region: aws.region,
  endpoint: aws.endpoint,
  credentials: aws.credentials,
  environment: 'test',
  kmsKeyId: aws.kmsKeyArn,
  roleArn: aws.tenantRoleArn(role),
  maxAttempts: 1,
});

beforeAll(async () => {
  regions = new Regions();
  [home, away] = await Promise.all([startLocalAws({ region: HOME, regions }), startLocalAws({ region: AWAY, regions })]);
  writers = { home: createTenantStores(optionsFor(home, 'rotator')), away: createTenantStores(optionsFor(away, 'rotator')) };
});
afterAll(async () => {
  await Promise.all([readers?.close(), writers?.home.close(), writers?.away.close()]);
  await Promise.all([home?.close(), away?.close()]);
});
beforeEach(() => {
  for (const region of [home, away]) region.setFaults({ kind: 'none' });
  regions.release();
  metrics = createMetrics();
  behind = [];
  const [primary, replica] = [home, away].map((aws) => createTenantReaders(optionsFor(aws, 'agent'))) as [TenantReaders, TenantReaders];
  readers = createFailoverReaders({ primary, replica, replicaRegion: AWAY, metrics });
  const places = { replicaRegion: AWAY, replicaKeyOf: () => away.kmsKeyArn };
  stores = createCopyingStores({ primary: writers.home, replica: writers.away, ...places, metrics, onBehind: (_, { code }) => behind.push(code) });
  credentials = createCredentialManager({ stores: readers, metrics, retryPauseMs: 10, missingMs: 0 });
});

const newReference = (): SecretReference =>
  credentialReference({
    ...{ store: 'secrets-manager', partition: 'aws', region: HOME, accountId: home.accountId, environment: 'test', orgId: ORG },
    ...{ endpointId: `endpoint-${(made += 1)}`, portalAccountId: 'account' },
  });
const payload = (password: string, attempt?: string) =>
  new Secret(JSON.stringify({ username: 'u', password, ...(attempt ? { metadata: { rotation_attempt_id: attempt } } : {}) }));
const store = () => stores.forTenant(ORG);
const get = (reference: SecretReference, version: string | null) => credentials.get({ orgId: ORG, reference, version });
const codeOf = (act: Promise<unknown>) =>
  act.then(
    () => 'none',
    (error: RcmError) => error.code,
  );
/** How many copies ended so. */
const copies = async (result: string) => {
  const line = `rcm_credential_copies_total{result="${result}"} `;
  return Number(
    (await metrics.exposition())
      .split('\n')
      .find((text) => text.startsWith(line))
      ?.slice(line.length) ?? 0,
  );
};

test('a secret of Secrets Manager is replicated once it is written, follows each write, and is read there at the version asked for alone', async () => {
  const { reference, version } = await store().create(newReference(), payload('one'), TAGS);
  expect([await copies('replicating'), await stores.repairCopy(reference, TAGS)]).toEqual([1, 'current']);
  const slot = { current: reference, attemptId: randomUUID(), tags: TAGS };
  await store().stage(slot, payload('two', slot.attemptId));
  home.setFaults({ kind: 'down' });
  const held = await get(reference, version);
  expect([held.served, held.payload.reveal().password]).toEqual(['replica', 'one']);
  home.setFaults({ kind: 'none' });
  const promoted = await store().promote(slot, version);
  expect(await stores.repairCopy(reference, TAGS)).toBe('current');
  home.setFaults({ kind: 'down' });
  credentials = createCredentialManager({ stores: readers, metrics, retryPauseMs: 10, missingMs: 0 });
  expect((await get(reference, promoted.version)).payload.reveal().password).toBe('two');
  expect(await codeOf(get(reference, randomUUID()))).toBe('store_unavailable');
});

test('its replica lies under the second region’s customer key, not under one that the whole account may use', async () => {
  const { reference } = await store().create(newReference(), payload('one'), TAGS);
  const { endpoint, region, credentials: keys } = away;
  const client = new SecretsManagerClient({ endpoint, region, credentials: keys });
  expect(await client.send(new DescribeSecretCommand({ SecretId: secretPath(reference) }))).toMatchObject({ KmsKeyId: away.kmsKeyArn, PrimaryRegion: HOME });
  client.destroy();
});

test('one that is under way is waited for by nobody, and not asked for twice', async () => {
  regions.hold();
  const { reference, version } = await store().create(newReference(), payload('one'), TAGS);
  await store().replace(reference, payload('two'), version);
  expect([await copies('replicating'), await stores.repairCopy(reference, TAGS)]).toEqual([2, 'replicating']);
  regions.release();
  expect(await stores.repairCopy(reference, TAGS)).toBe('current');
});

test('a replication that is refused or not answered fails no write: it is counted and told, and the next write asks for it again', async () => {
  home.setFaults({ kind: 'error500', match: 'secretsmanager:ReplicateSecretToRegions' });
  const { reference, version } = await store().create(newReference(), payload('one'), TAGS);
  expect([behind, await copies('behind')]).toEqual([['store_unavailable'], 1]);
  const alarmed = ['rcm-copies-behind'];
  expect(await alarmsTold(metrics, 'rotator')).toEqual({ prometheus: alarmed, cloudWatch: alarmed });
  home.setFaults({ kind: 'none' });
  const audited: string[] = [];
  await store().replace(reference, payload('two'), version);
  expect(await stores.repairCopy(reference, TAGS, { beforeWrite: async () => void audited.push('asked') })).toBe('current');
  expect(audited).toEqual([]);
});

test('a replica that Secrets Manager has given up is told of and asked for again; what has its name there is never overwritten', async () => {
  const reference = newReference();
  const twin = inRegion(reference, AWAY ?? '') ?? reference;
  const other = await writers.away.forTenant(ORG).create(twin, payload('somebody else’s'), TAGS);
  const created = await store().create(reference, payload('one'), TAGS);
  // It is asked for it, answers, and fails only then.
  expect(behind).toEqual([]);
  for (let i = 0; i < 2; i += 1) expect(await codeOf(stores.repairCopy(created.reference, TAGS))).toBe('store_unavailable');
  expect((await writers.away.forTenant(ORG).read(twin))?.version).toBe(other.version);
  await store().replace(created.reference, payload('two'), created.version);
  expect([behind, await copies('behind')]).toEqual([['store_unavailable'], 1]);
});

test('two that ask at once end the same, one that the audit trail refuses asks for nothing, and a secret that is gone has no copy', async () => {
  const { reference } = await writers.home.forTenant(ORG).create(newReference(), payload('one'), TAGS);
  const unaudited = { beforeWrite: () => Promise.reject(new RcmError('audit_unavailable', 'no')) };
  expect(await codeOf(stores.repairCopy(reference, TAGS, unaudited))).toBe('audit_unavailable');
  let others = 0;
  // Whoever comes between the look and the call.
  const meanwhile = { beforeWrite: async () => void (others += Number((await stores.repairCopy(reference, TAGS)) === 'replicating')) };
  expect(await stores.repairCopy(reference, TAGS, meanwhile)).toBe('current');
  expect(others).toBe(1);
  expect(await stores.repairCopy(newReference(), TAGS)).toBe('gone');
});
