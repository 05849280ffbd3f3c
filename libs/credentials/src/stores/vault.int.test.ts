import { backend } from '@rcm/test-services';
import { afterAll, beforeAll, describe } from 'vitest';
import { describeStoreContract } from './contract.fixture.ts';
import { hookedFetch, openTestVault, type TestVault } from './test-vault.fixture.ts';
import type { AppRole } from './vault-session.ts';
import { createVaultStore } from './vault.ts';

// tools/vault-server is the same on both backends: run once.
describe.skipIf(backend() === 'containers')('Vault KV v2 (no container: tools/vault-server follows the contract)', () => {
  let vault: TestVault;
  let appRole: AppRole;

  beforeAll(async () => {
    vault = await openTestVault();
    appRole = await vault.appRoleOf('hospital-a');
  });
  afterAll(() => vault.close());

  describeStoreContract({
    kind: 'vault',
    isLooserThanAws: false,
    heedsNoPatterns: false,
    remove: (reference) => vault.remove(reference),
    saveByHand: (reference, text) => vault.saveByHand(reference, text),
    open: (hook) => createVaultStore({ address: vault.server.address, mount: 'kv', appRole: () => Promise.resolve(appRole), fetch: hookedFetch(hook) }),
  });
});
