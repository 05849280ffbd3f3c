import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Secret } from '@rcm/telemetry';
import { backend } from '@rcm/test-services';
import { createAppRole, type Fault } from '@rcm/vault-server';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { secretPath, stagedPath } from '../reference.ts';
import { describeFaults, type Failure } from './contract/faults.fixture.ts';
import { codeOf, newReference, newSlot, passwordOf, payloadText, rotatedText, tags } from './contract/store-under-test.fixture.ts';
import { openTestVault, type TestVault } from './test-vault.fixture.ts';
import type { AppRole } from './vault-session.ts';
import { createVaultStore } from './vault.ts';

const faultOf = ({ kind, hits, ...rest }: Failure): Fault => ({
  ...rest,
  kind: kind === 'error' ? 'error500' : kind,
  ...(hits ? { match: `write kv/data/rcm/test/hospital-a/${hits === 'stage' ? 'rotation' : 'endpoints'}/` } : {}),
});

// tools/vault-server is the same on both backends: run once.
describe.skipIf(backend() === 'containers')('a Vault that is not well (no container: tools/vault-server)', () => {
  let vault: TestVault;
  let appRole: AppRole;

  beforeAll(async () => {
    vault = await openTestVault();
    appRole = await vault.appRoleOf('hospital-a');
  });
  beforeEach(() => vault.server.setFaults());
  afterAll(() => vault.close());

  const open = (
    options: {
      readonly deadlineMs?: number;
      readonly maxAttempts?: number;
      readonly address?: string;
      readonly mount?: string;
      readonly namespace?: string;
    } = {},
  ) => createVaultStore({ address: vault.server.address, mount: 'kv', appRole: () => Promise.resolve(appRole), ...options });
  const reference = newReference({ kind: 'vault' });

  describeFaults({ kind: 'vault', open, fail: (failure) => vault.server.setFaults(faultOf(failure)) });

  it.each([
    ['sealed', 'store_unavailable'],
    ['uninitialized', 'store_unavailable'],
    ['standby', 'store_unavailable'],
    ['throttled', 'store_throttled'],
  ] as const)('that is %s fails with %s, before and after the login', async (kind, code) => {
    const store = open({ maxAttempts: 1 });
    vault.server.setFaults({ kind });
    expect(await codeOf(store.read(reference))).toBe(code);
    vault.server.setFaults();
    expect(await store.read(reference)).toBeNull();
    vault.server.setFaults({ kind });
    expect(await codeOf(store.read(reference))).toBe(code);
  });

  it('that has no such mount or namespace is not taken for one without the secret', async () => {
    const { server } = vault;
    const policy = { path: { '*': { capabilities: ['read', 'create', 'update'] } } };
    const mighty = await createAppRole({ address: server.address, token: server.rootToken }, { name: 'mighty', policy });
    const appRoles = () => Promise.resolve({ roleId: mighty.roleId, secretId: new Secret(mighty.secretId) });
    const elsewhere = createVaultStore({ address: server.address, mount: 'other', appRole: appRoles });
    const there = { ...reference, store: 'vault', mount: 'other' } as const;
    expect(await codeOf(elsewhere.read(there))).toBe('store_denied');
    expect(await codeOf(elsewhere.create(there, payloadText('x'), tags))).toBe('store_denied');
    expect(await codeOf(open({ namespace: 'nobody' }).read(reference))).toBe('store_denied');
  });

  it('whose secret was deleted by a person reads as missing, and takes a new one on top', async () => {
    const store = open();
    const mine = newReference({ kind: 'vault' });
    await store.create(mine, payloadText('first'), tags);
    const path = `kv/data/rcm/test/hospital-a/endpoints/${mine.endpointId}/${mine.portalAccountId}`;
    const deleted = await fetch(`${vault.server.address}/v1/${path}`, { method: 'DELETE', headers: { 'x-vault-token': vault.server.rootToken } });
    expect(deleted.status).toBe(204);
    expect(await store.read(mine)).toBeNull();
    expect(await codeOf(store.replace(mine, payloadText('x'), '1'))).toBe('secret_missing');
    expect((await store.create(mine, payloadText('second'), tags)).version).toBe('2');
    expect(passwordOf(await store.read(mine))).toBe('second');
  });

  it.each(['mount', 'secret'])('that deletes versions by itself is given no password to keep, whether its %s says so', async (of) => {
    const elsewhere = await openTestVault();
    try {
      const role = await elsewhere.appRoleOf('hospital-a');
      const store = createVaultStore({ address: elsewhere.server.address, mount: 'kv', appRole: () => Promise.resolve(role) });
      const { reference: current, version } = await store.create(newReference({ kind: 'vault' }), payloadText('old'), tags);
      const ask = (path: string, delete_version_after: string) =>
        fetch(`${elsewhere.server.address}/v1/kv/${path}`, {
          method: 'POST',
          headers: { 'x-vault-token': elsewhere.server.rootToken },
          body: JSON.stringify({ delete_version_after }),
        });
      const mine = newReference({ kind: 'vault' });
      const slot = newSlot(current);
      const at = (path: string) => (of === 'mount' ? 'config' : `metadata/${path}`);
      const folders = [secretPath(mine), stagedPath(current, slot.attemptId)];
      for (const folder of folders) await ask(at(folder), '720h');
      for (const _again of [1, 2]) {
        expect(await codeOf(store.create(mine, payloadText('x'), tags))).toBe('store_denied');
        expect(await codeOf(store.stage(slot, rotatedText(payloadText('old'), slot.attemptId, 'new')))).toBe('store_denied');
      }
      // What is there already is used, whatever is to become of it, and a new version stays once nothing says otherwise.
      expect(passwordOf(await store.read(current))).toBe('old');
      for (const folder of folders) await ask(at(folder), '0s');
      const next = newSlot(current);
      await store.stage(next, rotatedText(payloadText('old'), next.attemptId, 'new'));
      expect(await store.rehearse(next, version)).toEqual({ overwritten: null });
    } finally {
      await elsewhere.close();
    }
  });

  it('whose secret was written by hand without our field fails with payload_invalid and is not overwritten', async () => {
    const store = open();
    const mine = newReference({ kind: 'vault' });
    const path = `kv/data/rcm/test/hospital-a/endpoints/${mine.endpointId}/${mine.portalAccountId}`;
    const body = JSON.stringify({ data: { username: 'u', password: 'by hand' } });
    await fetch(`${vault.server.address}/v1/${path}`, { method: 'POST', headers: { 'x-vault-token': vault.server.rootToken }, body });
    expect(await codeOf(store.read(mine))).toBe('payload_invalid');
    expect(await codeOf(store.create(mine, payloadText('first'), tags))).toBe('payload_invalid');
    expect(await codeOf(store.replace(mine, payloadText('first'), '1'))).toBe('payload_invalid');
  });

  it('is not followed where it redirects: the token would go to whatever host it names', async () => {
    let elsewhere = 0;
    const stranger = createServer((_request, response) => {
      elsewhere += 1;
      response.end('{}');
    }).listen(0, '127.0.0.1');
    const portOf = (server: Server): number => (server.address() as AddressInfo).port;
    const standby = createServer((_request, response) => {
      response.writeHead(307, { location: `http://127.0.0.1:${portOf(stranger)}/v1/kv/data/x` }).end();
    }).listen(0, '127.0.0.1');
    await Promise.all([once(stranger, 'listening'), once(standby, 'listening')]);
    expect(await codeOf(open({ address: `http://127.0.0.1:${portOf(standby)}`, maxAttempts: 1 }).read(reference))).toBe('store_unavailable');
    expect(elsewhere).toBe(0);
    for (const server of [stranger, standby]) server.close().closeAllConnections();
  });

  it('keeps no copy of a discarded attempt, not even its metadata', async () => {
    const store = open();
    const { reference: current } = await store.create(newReference({ kind: 'vault' }), payloadText('old'), tags);
    const slot = newSlot(current);
    await store.stage(slot, rotatedText(payloadText('old'), slot.attemptId, 'new'));
    const metadata = () =>
      fetch(`${vault.server.address}/v1/kv/metadata/rcm/test/hospital-a/rotation/${current.endpointId}/${current.portalAccountId}/${slot.attemptId}`, {
        headers: { 'x-vault-token': vault.server.rootToken },
      });
    expect(await (await metadata()).json()).toMatchObject({ data: { custom_metadata: { ...tags } } });
    await store.discard(slot);
    expect((await metadata()).status).toBe(404);
  });
});
