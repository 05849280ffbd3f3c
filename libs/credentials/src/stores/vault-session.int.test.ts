import { backend } from '@rcm/test-services';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../reading/manual-clock.fixture.ts';
import { codeOf, newReference } from './contract/store-under-test.fixture.ts';
import { hookedFetch, openTestVault, type TestVault } from './test-vault.fixture.ts';
import type { AppRole } from './vault-session.ts';
import { createVaultStore } from './vault.ts';

const TTL_S = 600;

// tools/vault-server is the same on both backends: run once.
describe.skipIf(backend() === 'containers')('a session with Vault (no container: tools/vault-server)', () => {
  const clock = new ManualClock(Date.now());
  const reference = newReference({ kind: 'vault' });
  let vault: TestVault;
  let appRole: AppRole;
  let asked: string[] = [];

  beforeAll(async () => {
    vault = await openTestVault({ clock });
    appRole = await vault.appRoleOf('hospital-a', 'rotator', TTL_S);
  });
  beforeEach(() => {
    asked = [];
    vault.server.setFaults();
  });
  afterAll(() => vault.close());

  const open = (role: () => Promise<AppRole> = () => Promise.resolve(appRole)) =>
    createVaultStore({
      ...{ address: vault.server.address, mount: 'kv', appRole: role, clock },
      fetch: hookedFetch((operation, phase) => void (phase === 'before' && asked.push(operation))),
    });
  const count = (operation: string): number => asked.filter((one) => one === operation).length;
  const asRoot = (path: string, body: object) =>
    fetch(`${vault.server.address}/v1/${path}`, { method: 'POST', headers: { 'x-vault-token': vault.server.rootToken }, body: JSON.stringify(body) });

  it('begins with one login for all who ask at the same time, and none before', async () => {
    const store = open();
    expect(asked).toEqual([]);
    await Promise.all(Array.from({ length: 20 }, () => store.read(reference)));
    expect(count('POST login')).toBe(1);
    expect(count('GET data')).toBe(20);
  });

  it('is renewed when two thirds of its lease are over, once for all, and not logged in again', async () => {
    const store = open();
    await store.read(reference);
    clock.forward((TTL_S * 1000 * 2) / 3 - 1_000);
    await store.read(reference);
    expect(count('POST renew-self')).toBe(0);
    clock.forward(2_000);
    await Promise.all(Array.from({ length: 5 }, () => store.read(reference)));
    expect(count('POST renew-self')).toBe(1);
    expect(count('POST login')).toBe(1);
  });

  it('that ran out is logged in again', async () => {
    const store = open();
    await store.read(reference);
    clock.forward(TTL_S * 1000 + 1);
    expect(await store.read(reference)).toBeNull();
    expect(count('POST login')).toBe(2);
    expect(count('POST renew-self')).toBe(0);
  });

  it('goes over to a new token when renewals come to the role’s end', async () => {
    const limited = await vault.appRoleOf('hospital-a', 'agent', TTL_S, TTL_S * 1.5);
    const store = open(() => Promise.resolve(limited));
    await store.read(reference);
    for (let step = 0; step < 6; step += 1) {
      clock.forward(TTL_S * 1000 * 0.7);
      expect(await store.read(reference)).toBeNull();
    }
    expect(count('POST login')).toBeGreaterThan(1);
    expect(count('POST renew-self')).toBeGreaterThan(0);
  });

  it('that was revoked is logged in again by whoever notices, once for all', async () => {
    const store = open();
    await store.read(reference);
    clock.forward(2_000);
    // What an administrator does after an incident.
    expect((await asRoot('sys/leases/revoke-prefix/auth/approle/login', {})).status).toBe(204);
    const answers = await Promise.all(Array.from({ length: 10 }, () => store.read(reference)));
    expect(answers).toEqual(Array.from({ length: 10 }, () => null));
    expect(count('POST login')).toBe(2);
  });

  it('takes a second refusal for what it is, and does not log in for each', async () => {
    const store = open();
    const foreign = { ...newReference({ kind: 'vault' }), organizationId: 'hospital-b' };
    for (let tries = 0; tries < 5; tries += 1) expect(await codeOf(store.read(foreign))).toBe('store_denied');
    expect(count('POST login')).toBe(1);
    clock.forward(2_000);
    expect(await codeOf(store.read(foreign))).toBe('store_denied');
    expect(count('POST login')).toBe(2);
  });

  it('goes on with its token while Vault cannot renew it', async () => {
    const store = open();
    await store.read(reference);
    clock.forward(TTL_S * 1000 * 0.8);
    vault.server.setFaults({ kind: 'error500', match: 'write auth/token/renew-self' });
    expect(await store.read(reference)).toBeNull();
    expect(count('POST login')).toBe(1);
  });

  it('asks for the AppRole at each login, so a replaced secret id is used', async () => {
    let current = { ...appRole, secretId: appRole.secretId.map(() => 'not the secret id') };
    const store = open(() => Promise.resolve(current));
    expect(await codeOf(store.read(reference))).toBe('store_denied');
    current = appRole;
    expect(await store.read(reference)).toBeNull();
  });

  it('outlives a caller who gave up while it was being made', async () => {
    const store = open();
    vault.server.setFaults({ kind: 'slow', delayMs: 300, match: 'write auth/approle/login', count: 1 });
    const gaveUp = codeOf(store.read(reference, { signal: AbortSignal.timeout(50) }));
    const patient = store.read(reference);
    expect(await gaveUp).toBe('cancelled');
    expect(await patient).toBeNull();
    expect(count('POST login')).toBe(1);
  });
});
