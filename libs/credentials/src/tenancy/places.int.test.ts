import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalAws, Regions, startLocalAws } from '@rcm/local-aws';
import { createMetrics, type RcmError, Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createReplicatedReaders, createReplicatedStores } from '../failover/replicated.ts';
import { createCredentialManager } from '../reading/credential-manager.ts';
import { credentialReference, placeKey, referenceKey, type SecretReference } from '../reference.ts';
import { createTenantStores, type TenantStores, type TenantStoresOptions } from './tenant-stores.ts';

/** Two accounts with two regions each, the second of which holds copies, and a third region of the first account. */
const [HERE, COPIES, FAR] = ['us-east-1', 'us-west-2', 'eu-west-1'] as const;
const [FIRST, SECOND] = ['111111111111', '222222222222'] as const;
const [ORG, NEIGHBOUR] = ['hospital-one', 'hospital-two'] as const;
const TAGS = { TenantId: ORG, Environment: 'test', PortalType: 'alpine' };
const text = (password: string) => new Secret(JSON.stringify({ username: 'u', password }));
let at: Record<'first' | 'firstCopies' | 'far' | 'second' | 'secondCopies', LocalAws>;
let stores: TenantStores;
let folder: string;
let made = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rcm-places-'));
  // One key file for all: the process has one pair of keys, which every account knows.
  const key = randomBytes(32).toString('base64');
  const replicating = { [FIRST]: new Regions(), [SECOND]: new Regions() };
  const start = (accountId: typeof FIRST | typeof SECOND, region: string) => {
    const dataFile = join(folder, `${accountId}-${region}`);
    writeFileSync(`${dataFile}.hsm`, key, { mode: 0o600 });
    return startLocalAws({ accountId, region, dataFile, regions: replicating[accountId] });
  };
  const [first, firstCopies, far, second, secondCopies] = await Promise.all([
    start(FIRST, HERE),
    start(FIRST, COPIES),
    start(FIRST, FAR),
    start(SECOND, HERE),
    start(SECOND, COPIES),
  ]);
  at = { first, firstCopies, far, second, secondCopies };
  stores = createTenantStores(optionsFor('rotator'));
});
beforeEach(() => Object.values(at).forEach((aws) => aws.setFaults({ kind: 'none' })));
afterAll(async () => {
  await stores?.close();
  await Promise.all(Object.values(at ?? {}).map((aws) => aws.close()));
  rmSync(folder, { recursive: true, force: true });
});

const optionsFor = (role: 'agent' | 'rotator'): TenantStoresOptions => ({
  region: HERE,
  endpoint: at.first.endpoint,
  credentials: at.first.credentials,
  environment: 'test',
  kmsKeyId: 'alias/rcm-credentials',
  roleArn: at.first.tenantRoleArn(role),
  maxAttempts: 1,
  furtherPlaces: [
    { accountId: SECOND, region: HERE, endpoint: at.second.endpoint, replicaEndpoint: at.secondCopies.endpoint },
    { accountId: FIRST, region: FAR, endpoint: at.far.endpoint },
  ],
});
const newReference = (accountId: string, region: string, store: 'ssm' | 'secrets-manager' = 'ssm', orgId: string = ORG): SecretReference =>
  credentialReference({
    store,
    partition: 'aws',
    region,
    accountId,
    environment: 'test',
    orgId,
    endpointId: `endpoint-${(made += 1)}`,
    portalAccountId: 'account',
  });
const codeOf = (act: Promise<unknown>) =>
  act.then(
    () => 'none',
    (error: RcmError) => error.code,
  );
const PLACES = [
  [FIRST, HERE],
  [SECOND, HERE],
  [FIRST, FAR],
] as const;
const storeIn = (orgId: string) => stores.forTenant(orgId);

describe('secrets in several accounts and regions', () => {
  test.each(PLACES.flatMap((place) => [[...place, 'ssm'] as const, [...place, 'secrets-manager'] as const]))(
    'in %s %s, %s: are made, replaced, staged and promoted where their reference says',
    async (account, region, kind) => {
      const wanted = newReference(account, region, kind);
      const { reference, version } = await storeIn(ORG).create(wanted, text('one'), TAGS);
      expect(placeKey(reference)).toBe(placeKey(wanted));
      const replaced = await storeIn(ORG).replace(reference, text('two'), version);
      const slot = { current: reference, attemptId: randomUUID(), tags: TAGS };
      await storeIn(ORG).stage(slot, text('three'));
      expect(await storeIn(ORG).listStaged(reference)).toEqual([slot.attemptId]);
      await storeIn(ORG).promote(slot, replaced.version);
      expect((await storeIn(ORG).read(reference))?.text.reveal()).toBe(text('three').reveal());
      // The same name in the other places is another secret, and there is none.
      for (const [otherAccount, otherRegion] of PLACES)
        if (otherAccount !== account || otherRegion !== region)
          expect(
            await storeIn(ORG).read({
              ...reference,
              accountId: otherAccount,
              region: otherRegion,
              ...(kind === 'ssm' ? {} : { suffix: null }),
            } as SecretReference),
          ).toBeNull();
    },
  );

  test('are read together, each from its place', async () => {
    const references = await Promise.all(
      PLACES.map(async ([account, region]) => (await storeIn(ORG).create(newReference(account, region), text(`${account}${region}`), TAGS)).reference),
    );
    const answers = await storeIn(ORG).readMany(references);
    expect(references.map((reference) => (answers.get(referenceKey(reference)) as { text: Secret<string> }).text.reveal())).toEqual(
      PLACES.map(([account, region]) => text(`${account}${region}`).reveal()),
    );
  });

  test('of a neighbour are refused in every place, before any call and by the account’s own rules', async () => {
    for (const [account, region] of PLACES) {
      const { reference } = await storeIn(ORG).create(newReference(account, region), text('mine'), TAGS);
      expect(await codeOf(storeIn(NEIGHBOUR).read(reference))).toBe('reference_not_yours');
      // As if the code had let it through: the neighbour's session asks by the path.
      const asked = { ...reference, organizationId: NEIGHBOUR };
      expect(await storeIn(NEIGHBOUR).read(asked)).toBeNull();
    }
  });

  test('in an account or region that is none of the deployment’s are refused', async () => {
    for (const [account, region] of [
      ['333333333333', HERE],
      [SECOND, FAR],
      [FIRST, COPIES],
    ] as const)
      expect(await codeOf(storeIn(ORG).read(newReference(account, region)))).toBe('reference_not_yours');
  });

  test.each([
    ['its own place', { accountId: FIRST, region: HERE }, {}],
    ['no key, where the first key is an ARN', { accountId: SECOND, region: HERE }, { kmsKeyId: `arn:aws:kms:${HERE}:${FIRST}:key/1` }],
    ['another account, without a role', { accountId: SECOND, region: HERE }, { roleArn: undefined, dedicatedOrgId: ORG, accountId: FIRST }],
  ])('a deployment that names %s is told so', (_what, place, changes) => {
    expect(() => createTenantStores({ ...optionsFor('rotator'), furtherPlaces: [place], ...changes })).toThrow(/RCM_STORE_PLACES/);
  });
});

describe('one place fails', () => {
  test('reads of the others go on while one account throttles', async () => {
    const [here, there] = await Promise.all(
      [FIRST, SECOND].map(async (account) => (await storeIn(ORG).create(newReference(account, HERE), text('p'), TAGS)).reference),
    );
    if (!here || !there) throw new Error('nothing was made');
    const credentials = createCredentialManager({ stores, metrics: createMetrics(), retryPauseMs: 10 });
    const get = (reference: SecretReference) => credentials.get({ orgId: ORG, reference, version: null });
    at.second.setFaults({ kind: 'throttle' });
    const waits = get(there);
    // A pace that both shared would have fallen for both.
    expect((await get(here)).served).toBe('store');
    at.second.setFaults({ kind: 'none' });
    expect((await waits).served).toBe('store');
  });

  test('copies lie in the account of the secret; what reads them does so only where that account is down', async () => {
    const replica = { RCM_AWS_REPLICA_REGION: COPIES, RCM_AWS_REPLICA_ENDPOINT: at.firstCopies.endpoint };
    const { stores: writer } = createReplicatedStores({ stores: optionsFor('rotator'), replica, metrics: createMetrics() });
    const readers = createReplicatedReaders({ stores: optionsFor('agent'), replica, metrics: createMetrics() });
    const [here, there] = await Promise.all(
      [FIRST, SECOND].map(async (account) => (await writer.forTenant(ORG).create(newReference(account, HERE), text(account), TAGS)).reference),
    );
    if (!here || !there) throw new Error('nothing was made');
    at.second.setFaults({ kind: 'down' });
    const read = (reference: SecretReference) => readers.forTenant(ORG).read(reference);
    // Once is a mishap.
    expect(await codeOf(read(there))).toBe('store_unavailable');
    expect(await read(there)).toMatchObject({ from: 'replica', version: '1' });
    expect((await read(there))?.text.reveal()).toBe(text(SECOND).reveal());
    expect(await read(here)).not.toHaveProperty('from');
    at.second.setFaults({ kind: 'none' });
    at.first.setFaults({ kind: 'down' });
    expect(await codeOf(read(here))).toBe('store_unavailable');
    expect(await read(here)).toMatchObject({ from: 'replica' });
    at.first.setFaults({ kind: 'none' });
    // Secrets Manager makes its copy by itself, in the account of the secret and with that account's key.
    const { reference } = await writer.forTenant(ORG).create(newReference(SECOND, HERE, 'secrets-manager'), text('kept'), TAGS);
    at.second.setFaults({ kind: 'down' });
    expect(await codeOf(read(reference))).toBe('store_unavailable');
    expect(await read(reference)).toMatchObject({ from: 'replica' });
    await Promise.all([writer.close(), readers.close()]);
  });
});
