import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backend } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { credentialReference, deviceReference, type SecretReference } from '../reference.ts';
import { codeOf, newSlot, passwordOf, payloadText, rotatedText } from '../stores/contract/store-under-test.fixture.ts';
import type { SecretStore } from '../stores/store.ts';
import { openTestVault, type TestVault } from '../stores/test-vault.fixture.ts';
import { createVaultStore } from '../stores/vault.ts';
import { appRoleFolder } from './app-role-folder.ts';
import { createTenantReaders, createTenantStores } from './tenant-stores.ts';
import type { VaultTenant } from './vault-policy.ts';

/** A firm and its hospitals, and names that begin alike. */
const TENANTS = ['firm', 'firm-hospital-a', 'firm-hospital-b', 'hospital', 'hospital-c'] as const;
const PARTS = ['agent', 'rotator', 'migrator'] as const;

/** What each part may do in its own tenant; in another's, nothing. */
const ALLOWED: Readonly<Record<VaultTenant['part'], readonly string[]>> = {
  agent: ['read'],
  migrator: ['read', 'create', 'replace'],
  rotator: ['read', 'create', 'replace', 'stage', 'readStaged', 'rehearse', 'promote', 'discard'],
};

const text = payloadText('old');
const tagsOf = (orgId: string) => ({ TenantId: orgId, Environment: 'test', PortalType: 'alpine' });
const referenceOf = (orgId: string, endpointId = `e-${crypto.randomUUID()}`): SecretReference =>
  credentialReference({ store: 'vault', mount: 'kv', environment: 'test', orgId, endpointId, portalAccountId: 'a' });

interface Scene {
  readonly orgId: string;
  readonly current: SecretReference;
  readonly slot: ReturnType<typeof newSlot>;
}

const ACTIONS: Readonly<Record<string, (store: SecretStore, scene: Scene) => Promise<unknown>>> = {
  read: (store, { current }) => store.read(current),
  create: (store, { orgId }) => store.create(referenceOf(orgId), text, tagsOf(orgId)),
  replace: (store, { current }) => store.replace(current, payloadText('replaced'), '1'),
  stage: (store, { orgId, current }) => store.stage({ ...newSlot(current), tags: tagsOf(orgId) }, text),
  readStaged: (store, { slot }) => store.readStaged(slot),
  rehearse: (store, { slot }) => store.rehearse(slot, '1'),
  promote: (store, { slot }) => store.promote(slot, '1'),
  discard: (store, { slot }) => store.discard(slot),
};

// tools/vault-server is the same on both backends: run once.
describe.skipIf(backend() === 'containers')('tenants in Vault (no container: tools/vault-server)', () => {
  let vault: TestVault;
  let folder: string;

  beforeAll(async () => {
    vault = await openTestVault();
    folder = await mkdtemp(join(tmpdir(), 'rcm-approles-'));
    for (const orgId of TENANTS) {
      const { roleId, secretId } = await vault.appRoleOf(orgId, 'rotator');
      await mkdir(join(folder, orgId));
      await writeFile(join(folder, orgId, 'role-id'), `${roleId}\n`);
      await writeFile(join(folder, orgId, 'secret-id'), `${secretId.reveal()}\n`, { mode: 0o600 });
    }
  });
  afterAll(async () => {
    await vault.close();
    await rm(folder, { recursive: true });
  });

  const options = () => ({ environment: 'test', vault: { address: vault.server.address, mount: 'kv', appRole: appRoleFolder(folder) } });

  it('are kept apart by their policies alone: every part, every tenant, every other tenant, every action', async () => {
    let tried = 0;
    const allowed: string[] = [];
    const expected: string[] = [];
    const asRotator = new Map<string, SecretStore>();
    for (const orgId of TENANTS) {
      const role = await vault.appRoleOf(orgId, 'rotator');
      asRotator.set(orgId, createVaultStore({ address: vault.server.address, mount: 'kv', appRole: () => Promise.resolve(role) }));
    }
    for (const part of PARTS)
      for (const asking of TENANTS) {
        const role = await vault.appRoleOf(asking, part);
        // Not through `createTenantStores`: its own check would refuse before Vault is asked.
        const store = createVaultStore({ address: vault.server.address, mount: 'kv', appRole: () => Promise.resolve(role) });
        for (const owner of TENANTS)
          for (const [action, act] of Object.entries(ACTIONS)) {
            const owning = asRotator.get(owner);
            const { reference: current } = (await owning?.create(referenceOf(owner), text, tagsOf(owner))) ?? {};
            if (!owning || !current) throw new Error('no scene');
            const slot = { ...newSlot(current), tags: tagsOf(owner) };
            await owning.stage(slot, rotatedText(text, slot.attemptId, 'new'));
            const code = await codeOf(act(store, { orgId: owner, current, slot }));
            expect(['no error', 'store_denied']).toContain(code);
            const name = `${part} of ${asking} at ${owner}: ${action}`;
            tried += 1;
            if (code === 'no error') allowed.push(name);
            if (asking === owner && ALLOWED[part].includes(action)) expected.push(name);
          }
      }
    expect(allowed).toEqual(expected);
    expect({ tried, allowed: allowed.length }).toEqual({ tried: 600, allowed: 60 });
  });

  it('have their devices made by agents, and used and renewed by every part, each its own alone', async () => {
    const allowed: string[] = [];
    for (const part of PARTS)
      for (const asking of ['firm', 'firm-hospital-a'] as const)
        for (const owner of ['firm', 'firm-hospital-a'] as const) {
          const [role, made] = [await vault.appRoleOf(asking, part), await vault.appRoleOf(owner, 'agent')];
          const storeOf = (of: typeof role) => createVaultStore({ address: vault.server.address, mount: 'kv', appRole: () => Promise.resolve(of) });
          const device = deviceReference(referenceOf(owner), `e-${crypto.randomUUID()}`);
          await storeOf(made).create(device, text, tagsOf(owner));
          const acts = {
            read: () => storeOf(role).read(device),
            make: () => storeOf(role).create(deviceReference(referenceOf(owner), `e-${crypto.randomUUID()}`), text, tagsOf(owner)),
            renew: () => storeOf(role).replace(device, payloadText('renewed'), '1'),
          };
          for (const [action, act] of Object.entries(acts)) {
            const code = await codeOf(act());
            expect(['no error', 'store_denied']).toContain(code);
            if (code === 'no error') allowed.push(`${part} of ${asking} at ${owner}: ${action}`);
          }
        }
    const own = (part: string, ...acts: string[]) =>
      ['firm', 'firm-hospital-a'].flatMap((orgId) => acts.map((action) => `${part} of ${orgId} at ${orgId}: ${action}`));
    expect(allowed).toEqual([...own('agent', 'read', 'make', 'renew'), ...own('rotator', 'read', 'renew'), ...own('migrator', 'read', 'renew')]);
  });

  it('are served from a folder of AppRoles, whole rotation and all', async () => {
    const stores = createTenantStores(options());
    const store = stores.forTenant('firm-hospital-a');
    const { reference, version } = await store.create(referenceOf('firm-hospital-a'), text, tagsOf('firm-hospital-a'));
    const slot = { ...newSlot(reference), tags: tagsOf('firm-hospital-a') };
    await store.stage(slot, rotatedText(text, slot.attemptId, 'new'));
    await store.promote(slot, version);
    await store.discard(slot);
    expect(passwordOf(await createTenantReaders(options()).forTenant('firm-hospital-a').read(reference))).toBe('new');
    expect(await codeOf(stores.forTenant('firm').read(reference))).toBe('reference_not_yours');
    await stores.close();
  });

  it('without an AppRole are refused, and so is a secret id that others may read', async () => {
    const stores = createTenantStores(options());
    expect(await codeOf(stores.forTenant('nobody').read(referenceOf('nobody')))).toBe('store_denied');
    await chmod(join(folder, 'hospital', 'secret-id'), 0o640);
    expect(await codeOf(stores.forTenant('hospital').read(referenceOf('hospital')))).toBe('config_invalid');
    await writeFile(join(folder, 'hospital-c', 'secret-id'), '\n', { mode: 0o600 });
    expect(await codeOf(stores.forTenant('hospital-c').read(referenceOf('hospital-c')))).toBe('config_invalid');
    await writeFile(join(folder, 'hospital-c', 'secret-id'), Buffer.from('caf\u00e9', 'latin1'), { mode: 0o600 });
    expect(await codeOf(stores.forTenant('hospital-c').read(referenceOf('hospital-c')))).toBe('config_invalid');
    expect(await codeOf(appRoleFolder(folder)('../etc'))).toBe('reference_not_yours');
    await stores.close();
  });
});
