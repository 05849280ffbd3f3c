import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { type LocalAws, startLocalAws } from '@rcm/local-aws';
import { Secret } from '@rcm/telemetry';
import { backend } from '@rcm/test-services';
import { createAppRole, createTransitKey, startVaultServer, type VaultServer } from '@rcm/vault-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { platformPolicies, taskRoleName, type TenantApp, tenantRoleName } from '../policies/index.ts';
import { vaultTenantPolicy } from '../tenancy/vault-policy.ts';
import type { TenantDataKeys } from './data-keys.ts';
import { createKmsDataKeys } from './kms-data-keys.ts';
import { transitKeyName } from './transit-key-name.ts';
import { createVaultDataKeys } from './vault-data-keys.ts';

const ENVIRONMENT = 'test';
/** Names that begin alike. */
const TENANTS = ['mercy', 'mercy-west'] as const;

let aws: LocalAws;
let vault: VaultServer;
const opened: TenantDataKeys[] = [];

/** Whose AppRole asks, whatever organization it asks for: as an agent whose folder was mixed up would. */
const inVault = (part: TenantApp, as: (orgId: string) => string = (orgId) => orgId): TenantDataKeys =>
  keep(
    createVaultDataKeys({
      address: vault.address,
      environment: ENVIRONMENT,
      mount: 'transit',
      async appRole(orgId) {
        const policy = vaultTenantPolicy({ mount: 'kv', environment: ENVIRONMENT, orgId: as(orgId), part });
        const { roleId, secretId } = await createAppRole({ address: vault.address, token: vault.rootToken }, { name: `${part}-${as(orgId)}`, policy });
        return { roleId, secretId: new Secret(secretId) };
      },
    }),
  );
const inKms = (app: TenantApp): TenantDataKeys =>
  keep(
    createKmsDataKeys({
      ...{ region: aws.region, endpoint: aws.endpoint, environment: ENVIRONMENT, kmsKeyId: aws.kmsKeyArn, maxAttempts: 1 },
      ...{ roleArn: aws.tenantRoleArn(app), credentials: aws.taskCredentials(taskRoleName(app)) },
    }),
  );
const keep = (keys: TenantDataKeys): TenantDataKeys => {
  opened.push(keys);
  return keys;
};
const owner = (orgId: string = TENANTS[0]) => ({ orgId, keyId: randomUUID() });

beforeAll(async () => {
  aws = await startLocalAws({ enforce: platformPolicies({ accountId: '123456789012', regions: ['us-east-1'], environment: ENVIRONMENT }) });
  vault = await startVaultServer();
  for (const orgId of TENANTS)
    await createTransitKey({ address: vault.address, token: vault.rootToken }, { mount: 'transit', name: transitKeyName(ENVIRONMENT, orgId) });
});
afterAll(async () => {
  for (const keys of opened) await keys.close();
  await vault?.close();
  await aws?.close();
});

describe.skipIf(backend() === 'containers')('data keys (the same servers on both backends: once)', () => {
  describe.each([
    ['KMS', inKms],
    ['Vault', (app: TenantApp) => inVault(app)],
  ] as const)('of %s', (_, open) => {
    it('come in plain and wrapped, and the wrapped one opens as the same', async () => {
      const keys = open('agent');
      const mine = owner();
      const { key, wrapped } = await keys.generate(mine);
      expect(key.symmetricKeySize).toBe(32);
      expect((await keys.unwrap(mine, { wrappedBy: keys.wrappedBy, wrapped })).equals(key)).toBe(true);
      expect((await keys.generate(mine)).key.equals(key)).toBe(false);
      expect(Buffer.from(wrapped).includes(key.export())).toBe(false);
      expect(inspect({ key }, { depth: 9 }) + JSON.stringify({ key })).not.toContain(key.export().toString('hex').slice(0, 16));
    });

    it('open for no other organization and under no other id', async () => {
      const keys = open('agent');
      const mine = owner();
      const made = { wrappedBy: keys.wrappedBy, wrapped: (await keys.generate(mine)).wrapped };
      await keys.generate(owner(TENANTS[1]));
      await expect(keys.unwrap({ ...mine, orgId: TENANTS[1] }, made)).rejects.toMatchObject({ code: 'task_data_unreadable' });
      await expect(keys.unwrap({ ...mine, keyId: randomUUID() }, made)).rejects.toMatchObject({ code: 'task_data_unreadable' });
      const changed = Uint8Array.from(made.wrapped, (byte, index) => (index === made.wrapped.length - 3 ? byte ^ 1 : byte));
      await expect(keys.unwrap(mine, { ...made, wrapped: changed })).rejects.toMatchObject({
        code: expect.stringMatching(/^(task_data_unreadable|store_denied)$/),
      });
    });

    it.each(['rotator', 'migrator'] as const)('are not a %s’s to make or to open', async (app) => {
      const mine = owner();
      const { wrapped } = await open('agent').generate(mine);
      const other = open(app);
      await expect(other.generate(mine)).rejects.toMatchObject({ code: 'store_denied' });
      await expect(other.unwrap(mine, { wrappedBy: other.wrappedBy, wrapped })).rejects.toMatchObject({ code: 'store_denied' });
    });

    it('are refused to what is no organization’s id, before anybody is asked', async () => {
      for (const orgId of ['', '*', 'a/b', 'mercy.west'])
        await expect(open('agent').generate(owner(orgId))).rejects.toMatchObject({ code: 'reference_not_yours' });
    });
  });

  it.each([
    ['its own', {}, true],
    ['another tenant’s', { tenant_id: TENANTS[1] }, false],
    ['another environment’s', { env: 'prod' }, false],
    ['another use', { use: 'else' }, false],
    ['no tenant', { tenant_id: undefined }, false],
    ['no environment', { env: undefined }, false],
    ['no use', { use: undefined }, false],
  ] as const)('of KMS are made for an agent’s session under the context of %s, whatever the process asks for', async (_, other, may) => {
    const tags = { env: ENVIRONMENT, tenant_id: TENANTS[0] };
    const kms = new KMSClient({ region: aws.region, endpoint: aws.endpoint, credentials: aws.taskCredentials(tenantRoleName('agent'), tags), maxAttempts: 1 });
    const context = { ...tags, use: 'task-data', key_id: randomUUID(), ...other };
    const EncryptionContext = Object.fromEntries(Object.entries(context).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
    const asked = kms.send(new GenerateDataKeyCommand({ KeyId: aws.kmsKeyArn, KeySpec: 'AES_256', EncryptionContext })).then(
      () => true,
      (error: unknown) => (error as Error).name,
    );
    expect(await asked).toBe(may || 'AccessDeniedException');
    kms.destroy();
  });

  it('of Vault are not to be had with another tenant’s AppRole', async () => {
    const mine = owner();
    const { wrapped } = await inVault('agent').generate(mine);
    const mixedUp = inVault('agent', () => TENANTS[1]);
    await expect(mixedUp.generate(mine)).rejects.toMatchObject({ code: 'store_denied' });
    await expect(mixedUp.unwrap(mine, { wrappedBy: mixedUp.wrappedBy, wrapped })).rejects.toMatchObject({ code: 'store_denied' });
  });

  it('say that a store is away, where it is', async () => {
    const mine = owner();
    const [kms, transit] = [inKms('agent'), inVault('agent')];
    await Promise.all([kms.generate(mine), transit.generate(mine)]);
    aws.setFaults({ kind: 'down' });
    vault.setFaults({ kind: 'sealed' });
    await expect(kms.generate(mine)).rejects.toMatchObject({ code: 'store_unavailable' });
    await expect(transit.generate(mine)).rejects.toMatchObject({ code: 'store_unavailable' });
    aws.setFaults({ kind: 'none' });
    vault.setFaults();
    await Promise.all([kms.generate(mine), transit.generate(mine)]);
  });
});
