import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vaultTenantPolicy } from '@rcm/credentials';
import { listEndpoints } from '@rcm/db';
import { backend } from '@rcm/test-services';
import { createAppRole, startVaultServer, type VaultServer } from '@rcm/vault-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { plan } from './commands/plan.ts';
import { verify } from './commands/verify.ts';
import { LONG_NUMBER, plant, seeds } from './seeds.fixture.ts';
import { expectEveryField, openTestEnvironment, stored, type TestEnvironment } from './testing.fixture.ts';

/** What a migrator without AWS is configured with; empty is unset. */
const NO_AWS = { RCM_AWS_REGION: '', RCM_AWS_ENDPOINT: '', RCM_AWS_ACCOUNT_ID: '', RCM_KMS_KEY_ID: '', RCM_TENANT_ROLE_ARN: '' };

// tools/vault-server is the same on both backends: run once.
describe.skipIf(backend() === 'containers')('a migration into Vault (no container: tools/vault-server)', { timeout: 600_000 }, () => {
  let testEnvironment: TestEnvironment;
  let vault: VaultServer;
  let folder: string;

  beforeEach(async () => {
    testEnvironment = await openTestEnvironment();
    vault = await startVaultServer();
    folder = mkdtempSync(join(tmpdir(), 'rcm-approles-'));
  });
  afterEach(async () => {
    await testEnvironment.close();
    await vault.close();
    rmSync(folder, { recursive: true });
  });

  async function admit(orgId: string): Promise<void> {
    const policy = vaultTenantPolicy({ mount: 'kv', environment: testEnvironment.environment.RCM_ENVIRONMENT ?? '', orgId, part: 'migrator' });
    const { roleId, secretId } = await createAppRole({ address: vault.address, token: vault.rootToken }, { name: `rcm-migrator-${orgId}`, policy });
    mkdirSync(join(folder, orgId));
    writeFileSync(join(folder, orgId, 'role-id'), roleId);
    writeFileSync(join(folder, orgId, 'secret-id'), secretId, { mode: 0o600 });
  }

  it('needs configuration alone, keeps every digit, proves it, and writes nothing twice', async () => {
    const planted = seeds(6);
    await plant(testEnvironment.db, planted);
    for (const orgId of new Set(planted.map((seed) => seed.orgId))) await admit(orgId);
    const settings = { ...NO_AWS, RCM_MIGRATOR_STORE: 'vault', RCM_VAULT_ADDRESS: vault.address, RCM_VAULT_MOUNT: 'kv', RCM_VAULT_APPROLE_FOLDER: folder };
    const migrator = testEnvironment.migrator(settings);

    expect((await plan(migrator)).json).toMatchObject({ create: 6, failed: [] });
    expect((await apply(migrator)).json).toMatchObject({ migrated: 6, failed: [] });
    expect((await apply(testEnvironment.migrator(settings))).json).toMatchObject({ migrated: 0, failed: [] });
    await expectEveryField(migrator, planted);
    const texts = await Promise.all(planted.map((seed) => stored(migrator, seed)));
    expect(texts.some(({ text }) => text.includes(`"account_number":${LONG_NUMBER}`))).toBe(true);
    expect(texts.map(({ version }) => version)).toEqual(planted.map(() => '1'));
    expect((await verify(migrator)).json).toMatchObject({ verified: 6, failed: [] });
    for (const row of await listEndpoints(migrator.db, { limit: 10 })) expect(row.secretArn).toMatch(/^vault:kv\/rcm\//);
  });
});
