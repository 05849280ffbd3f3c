import { backend } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, newReference, newSlot, passwordOf, payloadText, rotatedText, tags } from './contract/store-under-test.fixture.ts';
import { hookedFetch, openTestVault, type TestVault } from './test-vault.fixture.ts';
import type { AppRole } from './vault-session.ts';
import { createVaultStore } from './vault.ts';

// tools/vault-server is the same on both backends: run once.
describe.skipIf(backend() === 'containers')('an overwrite in Vault (no container: tools/vault-server)', () => {
  let vault: TestVault;
  let appRole: AppRole;

  beforeAll(async () => {
    vault = await openTestVault();
    appRole = await vault.appRoleOf('hospital-a');
  });
  afterAll(() => vault.close());

  const open = (hook?: Parameters<typeof hookedFetch>[0]) =>
    createVaultStore({ address: vault.server.address, mount: 'kv', appRole: () => Promise.resolve(appRole), fetch: hookedFetch(hook) });

  it('that comes too late is refused before anything is written', async () => {
    const writes: string[] = [];
    const store = open((operation, phase) => void (phase === 'before' && operation === 'POST data' && writes.push(operation)));
    const { reference } = await store.create(newReference({ kind: 'vault' }), payloadText('first'), tags);
    await store.replace(reference, payloadText('second'), '1');
    writes.length = 0;
    expect(await codeOf(store.replace(reference, payloadText('late'), '1'))).toBe('store_conflict');
    expect(writes).toEqual([]);
    expect(passwordOf(await store.read(reference))).toBe('second');
  });

  it('whose answer is lost, of a secret that was made anew before it, is put back', async () => {
    const other = open();
    const { reference } = await other.create(newReference({ kind: 'vault' }), payloadText('first'), tags);
    let isFirst = true;
    const store = open(async (operation, phase) => {
      if (operation !== 'POST data' || !isFirst) return;
      if (phase === 'before') {
        await vault.remove(reference);
        await other.create(reference, payloadText('made anew'), tags);
      } else {
        isFirst = false;
        throw new TypeError('the connection was lost');
      }
    });
    expect(await codeOf(store.replace(reference, payloadText('second'), '1'))).toBe('store_conflict');
    expect(passwordOf(await other.read(reference))).toBe('made anew');
  });

  it('that lies over plain fields of a secret that was made anew is done: they are no payload to put back, and stay in the history', async () => {
    const other = open();
    const { reference } = await other.create(newReference({ kind: 'vault' }), payloadText('first'), tags);
    let isFirst = true;
    const store = open(async (operation, phase) => {
      if (operation !== 'POST data' || phase !== 'before' || !isFirst) return;
      isFirst = false;
      await vault.remove(reference);
      await vault.saveByHand(reference, null);
    });
    expect(await store.replace(reference, payloadText('second'), '1')).toEqual({ version: '2' });
    expect(passwordOf(await other.read(reference))).toBe('second');
  });

  it('that is done on a later version than the base is done, whatever the base has become', async () => {
    const store = open();
    const planned = payloadText('planned');
    const { reference } = await store.create(newReference({ kind: 'vault' }), payloadText('first', { metadata: { note: 'of another secret' } }), tags);
    const slot = newSlot(reference);
    const staged = rotatedText(planned, slot.attemptId);
    await store.stage(slot, staged);
    await store.replace(reference, planned, '1');
    await store.replace(reference, staged, '2');
    expect(await store.promote(slot, '1')).toEqual({ version: '3' });
    expect((await store.read(reference))?.version).toBe('3');
  });
});
