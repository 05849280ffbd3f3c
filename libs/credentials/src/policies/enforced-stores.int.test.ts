import { type LocalAws, startLocalAws } from '@rcm/local-aws';
import { createMetrics, Secret } from '@rcm/telemetry';
import { backend } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDevice, serializeDevice } from '../device.ts';
import { dropDevice } from '../drop-device.ts';
import { createCredentialManager } from '../reading/credential-manager.ts';
import { credentialReference, deviceReference, type SecretReference } from '../reference.ts';
import { removeFromAws } from '../stores/contract/remove-secret.fixture.ts';
import { type CallHook, newReference, payloadText, tags } from '../stores/contract/store-under-test.fixture.ts';
import { describeStoreCalls } from '../stores/contract.fixture.ts';
import { createSecretsManagerStore } from '../stores/secrets-manager.ts';
import { createSsmStore } from '../stores/ssm.ts';
import type { ClosableSecretStore } from '../stores/store.ts';
import { createTenantSessions, type TenantSessions } from '../tenancy/tenant-sessions.ts';
import { createTenantDevices, createTenantReaders, createTenantStores, type TenantStoresOptions } from '../tenancy/tenant-stores.ts';
import { dedicatedRoleName, GUARDIAN_ROLE, platformPolicies, taskRoleName, type TenantApp, tenantRoleName } from './index.ts';

const TENANT = tags.TenantId;
const enforce = platformPolicies({
  ...{ accountId: '123456789012', regions: ['us-east-1'], environment: tags.Environment },
  dedicated: [{ app: 'rotator', orgId: TENANT }],
});

let aws: LocalAws;
const closing: (() => Promise<void> | void)[] = [];

/** What an app of many tenants is configured with. */
const asApp = (app: TenantApp): TenantStoresOptions => ({ ...place(taskRoleName(app)), roleArn: aws.tenantRoleArn(app) });
const place = (role: string) => ({
  ...{ region: aws.region, endpoint: aws.endpoint, environment: tags.Environment, kmsKeyId: 'alias/rcm-credentials' },
  credentials: aws.taskCredentials(role),
});
const opened = <T extends { close(): Promise<void> | void }>(thing: T): T => {
  closing.push(() => thing.close());
  return thing;
};

describe.skipIf(backend() === 'containers')('under the platform’s own policies (the emulator in containers enforces none)', () => {
  let rotator: TenantSessions;
  beforeAll(async () => {
    aws = await startLocalAws({ enforce });
    rotator = opened(createTenantSessions(sessionOptions('rotator')));
  });
  afterAll(async () => {
    for (const close of closing.reverse()) await close();
    await aws.close();
  });
  const sessionOptions = (app: TenantApp) => ({ ...place(taskRoleName(app)), roleArn: aws.tenantRoleArn(app) });

  const open = (kind: 'ssm' | 'secrets-manager', hook?: CallHook): ClosableSecretStore => {
    const access = { ...place(tenantRoleName('rotator')), credentials: () => rotator.get(TENANT) };
    const around = async <T>(operation: unknown, call: () => Promise<T>): Promise<T> => {
      await hook?.(String(operation), 'before');
      const answer = await call();
      await hook?.(String(operation), 'after');
      return answer;
    };
    if (kind === 'ssm')
      return opened(
        createSsmStore({
          ...access,
          instrument: (client) =>
            client.middlewareStack.add(
              (next, { commandName }) =>
                (args) =>
                  around(commandName, () => next(args)),
            ),
        }),
      );
    return opened(
      createSecretsManagerStore({
        ...access,
        instrument: (client) =>
          client.middlewareStack.add(
            (next, { commandName }) =>
              (args) =>
                around(commandName, () => next(args)),
          ),
      }),
    );
  };

  const underTest = {
    isLooserThanAws: false,
    heedsNoPatterns: false,
    remove: (reference: SecretReference) => removeFromAws({ ...aws, credentials: aws.taskCredentials(GUARDIAN_ROLE) }, reference),
  };
  describe('a rotator’s session does all that a store promises: SSM', () => {
    describeStoreCalls({ ...underTest, kind: 'ssm', open: (hook) => open('ssm', hook) });
  });
  describe('a rotator’s session does all that a store promises: Secrets Manager', () => {
    describeStoreCalls({ ...underTest, kind: 'secrets-manager', open: (hook) => open('secrets-manager', hook) });
  });

  it.each(['ssm', 'secrets-manager'] as const)(
    'the migrator makes a secret in %s and its next version, and the agent reads it and cannot change it',
    async (kind) => {
      const migrator = opened(createTenantStores(asApp('migrator'))).forTenant(TENANT);
      const { reference, version } = await migrator.create(newReference({ kind }), payloadText('moved'), tags);
      const stores = opened(createTenantReaders(asApp('agent')));
      const credentials = createCredentialManager({ stores, metrics: createMetrics() });
      const { payload } = await credentials.get({ orgId: TENANT, reference, version });
      expect(payload.reveal().password).toBe('moved');
      const agent = opened(createTenantStores(asApp('agent'))).forTenant(TENANT);
      await expect(agent.replace(reference, payloadText('mine'), version)).rejects.toMatchObject({ code: 'store_denied' });
      expect((await migrator.read(reference))?.version).toBe(version);
      const next = await migrator.replace(reference, payloadText('of the row'), version);
      await expect(migrator.replace(reference, payloadText('late'), version)).rejects.toMatchObject({ code: 'store_conflict' });
      expect(await migrator.read(reference)).toMatchObject({ version: next.version });
    },
  );

  it.each(['ssm', 'secrets-manager'] as const)('an agent makes a device in %s; rotator and migrator use, renew and drop it, and make none', async (kind) => {
    const devices = (app: TenantApp) => opened(createTenantDevices(asApp(app))).forTenant(TENANT);
    const [agent, rotator, migrator] = [devices('agent'), devices('rotator'), devices('migrator')];
    const device = deviceReference(newReference({ kind }), 'endpoint-of-the-device');
    const text = (token: string) => serializeDevice(new Secret({ rememberedAt: new Date(), endpointId: device.endpointId, state: { token } }));
    const write = { text: text('one'), base: null, tags };
    for (const who of [rotator, migrator]) await expect(who.write(device, write)).rejects.toMatchObject({ code: 'store_denied' });
    expect(await agent.read(device)).toBeNull();
    expect([await agent.write(device, write), await agent.write(device, { ...write, text: text('two') })]).toEqual(['kept', 'outrun']);
    for (const who of [agent, rotator, migrator])
      expect(parseDevice((await who.read(device))?.text ?? new Secret('')).reveal().state).toEqual({ token: 'one' });
    const base = (await agent.read(device))?.version ?? null;
    expect([await rotator.write(device, { text: text('three'), base, tags }), await agent.write(device, { text: text('four'), base, tags })]).toEqual([
      'kept',
      'outrun',
    ]);
    expect([await dropDevice(migrator, { device, tags }), await dropDevice(agent, { device, tags })]).toEqual(['dropped', 'none']);
    expect(parseDevice((await agent.read(device))?.text ?? new Secret('')).reveal().state).toBeNull();
    const other = { ...device, organizationId: 'hospital-b' };
    await expect(agent.read(other)).rejects.toMatchObject({ code: 'reference_not_yours' });
    expect(
      await opened(createTenantDevices(asApp('agent')))
        .forTenant('hospital-b')
        .read(other),
    ).toBeNull();
  });

  it('an agent is told that a secret is not there, not that it may not look', async () => {
    const agent = opened(createTenantReaders(asApp('agent'))).forTenant(TENANT);
    expect(await agent.read(newReference({ kind: 'ssm' }))).toBeNull();
    expect(await agent.read(newReference({ kind: 'secrets-manager' }))).toBeNull();
  });

  it('a dedicated deployment works with its tagged task role alone, and for its own tenant only', async () => {
    const options = { ...place(dedicatedRoleName('rotator', TENANT)), accountId: aws.accountId, dedicatedOrgId: TENANT };
    const { reference, version } = await opened(createTenantStores(options))
      .forTenant(TENANT)
      .create(newReference({ kind: 'ssm' }), payloadText('own'), tags);
    expect(await opened(createTenantStores(options)).forTenant(TENANT).replace(reference, payloadText('newer'), version)).toBeDefined();
    // Configured for somebody else, the role's own tags still stand in the way.
    const astray = opened(createTenantStores({ ...options, dedicatedOrgId: 'hospital-b' })).forTenant('hospital-b');
    await expect(astray.read(credentialReference({ ...asNew(reference), orgId: 'hospital-b' }))).rejects.toMatchObject({ code: 'store_denied' });
  });

  it('a firm works for its hospital by holding a session of the hospital, and not by its own', async () => {
    const firm = opened(createTenantSessions(sessionOptions('rotator')));
    const hospital = opened(createTenantStores(asApp('migrator'))).forTenant('hospital-b');
    const reference = credentialReference({ ...asNew(newReference({ kind: 'ssm' })), orgId: 'hospital-b' });
    await hospital.create(reference, payloadText('hospital'), { ...tags, TenantId: 'hospital-b' });
    const as = async (orgId: string) => opened(createSsmStore({ ...place(tenantRoleName('rotator')), credentials: await firm.get(orgId) }));
    await expect((await as('firm')).read(reference)).rejects.toMatchObject({ code: 'store_denied' });
    expect(await (await as('hospital-b')).read(reference)).not.toBeNull();
  });

  it('an app whose tenant role is another app’s gets no session', async () => {
    const wrong = opened(createTenantStores({ ...place(taskRoleName('agent')), roleArn: aws.tenantRoleArn('rotator') })).forTenant(TENANT);
    await expect(wrong.read(newReference({ kind: 'ssm' }))).rejects.toMatchObject({ code: 'store_denied' });
  });
});

const asNew = (reference: ReturnType<typeof newReference>) => {
  if (reference.store === 'vault') throw new Error('Not a reference to AWS.');
  const { store, partition, region, accountId, environment, endpointId, portalAccountId } = reference;
  return { store, partition, region, accountId, environment, endpointId, portalAccountId };
};
