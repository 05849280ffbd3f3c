import { LabelParameterVersionCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { SecretsManagerClient, UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager';
import { type LocalAws, startLocalAws } from '@rcm/local-aws';
import { createAppRole } from '@rcm/vault-server';
import { Secret } from '@rcm/telemetry';
import { backend } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dedicatedRoleName, platformPolicies, taskRoleName, tenantRoleName } from '../policies/index.ts';
import { secretPath } from '../reference.ts';
import { createTenantSessions } from '../tenancy/tenant-sessions.ts';
import { vaultTenantPolicy } from '../tenancy/vault-policy.ts';
import { codeOf, newReference, newSlot, payloadText, rotatedText, tags } from './contract/store-under-test.fixture.ts';
import { createSecretsManagerStore } from './secrets-manager.ts';
import { createSsmCalls } from './ssm-calls.ts';
import { ssmStoreOn } from './ssm-on-calls.ts';
import { createSsmStore } from './ssm.ts';
import type { ClosableSecretStore } from './store.ts';
import { openTestVault } from './test-vault.fixture.ts';
import { createVaultStore } from './vault.ts';

const closing: (() => Promise<void> | void)[] = [];
const opened = <T extends { close(): Promise<void> | void }>(thing: T): T => {
  closing.push(() => thing.close());
  return thing;
};
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

async function staged(store: ClosableSecretStore, kind: 'ssm' | 'secrets-manager' | 'vault', password = 'new') {
  const { reference, version } = await store.create(newReference({ kind }), payloadText('old'), tags);
  const slot = newSlot(reference);
  await store.stage(slot, rotatedText(payloadText('old'), slot.attemptId, password));
  return { slot, version };
}

// The emulator on containers enforces no policies and heeds no pattern; Vault has no container.
describe.skipIf(backend() === 'containers')('what would keep a promotion from current is found by a rehearsal', () => {
  let aws: LocalAws;
  beforeAll(async () => {
    aws = opened(await startLocalAws());
  });
  const access = () => ({ region: aws.region, endpoint: aws.endpoint, credentials: aws.credentials, kmsKeyId: aws.kmsKeyArn });
  const nameOf = (reference: Parameters<typeof secretPath>[0]): string => `/${secretPath(reference)}`;

  it('SSM: 100 versions, the oldest of them labelled', async () => {
    const [store, ssm] = [opened(createSsmStore(access())), new SSMClient(access())];
    closing.push(() => ssm.destroy());
    const { slot, version } = await staged(store, 'ssm');
    let base = version;
    for (let made = 1; made < 100; made += 1) base = (await store.replace(slot.current, payloadText(`old ${made}`), base)).version;
    expect(await store.rehearse(slot, base)).toEqual({ overwritten: null });
    await ssm.send(new LabelParameterVersionCommand({ Name: nameOf(slot.current), ParameterVersion: 2, Labels: ['kept'] }));
    expect(await store.rehearse(slot, base)).toEqual({ overwritten: null });
    await ssm.send(new LabelParameterVersionCommand({ Name: nameOf(slot.current), ParameterVersion: 1, Labels: ['kept'] }));
    await expect(store.rehearse(slot, base)).rejects.toMatchObject({ code: 'store_denied', details: { oldest: 1 } });
    expect(await codeOf(store.promote(slot, base))).toBe('store_denied');
  });

  it('SSM: a pattern on the parameter', async () => {
    const [store, ssm] = [opened(createSsmStore(access())), new SSMClient(access())];
    closing.push(() => ssm.destroy());
    const { slot } = await staged(store, 'ssm');
    const put = { Name: nameOf(slot.current), Value: payloadText('old').reveal(), Type: 'SecureString', KeyId: aws.kmsKeyArn, Overwrite: true } as const;
    await ssm.send(new PutParameterCommand({ ...put, AllowedPattern: '.*old.*' }));
    expect(await codeOf(store.rehearse(slot, '2'))).toBe('store_denied');
    await ssm.send(new PutParameterCommand({ ...put, AllowedPattern: '' }));
    expect(await codeOf(store.rehearse(slot, '3'))).toBe('no error');
  });

  it('SSM: not where a backend heeds no pattern: it has the same text under another version, once, and the promotion says so', async () => {
    const calls = opened(createSsmCalls(access()));
    const store = ssmStoreOn({ ...calls, tryOverwrite: (name, text, _pattern, options) => calls.tryOverwrite(name, text, '', options) });
    const { slot, version } = await staged(store, 'ssm');
    expect(await store.rehearse(slot, version)).toEqual({ overwritten: null });
    expect(await store.read(slot.current)).toMatchObject({ version: '2' });
    expect((await store.readVersion(slot.current, '1'))?.text.reveal()).toBe((await store.read(slot.current))?.text.reveal());
    expect(await codeOf(store.rehearse(slot, '2'))).toBe('no error');
    expect(await codeOf(store.promote(slot, version))).toBe('store_conflict');
    expect(await store.promote(slot, '2')).toMatchObject({ version: '3' });
  });

  it('SSM: a copy that needs a tier which is not allowed any more', async () => {
    const advanced = opened(createSsmStore({ ...access(), largestTier: 'Advanced' }));
    const { slot, version } = await staged(advanced, 'ssm', 'x'.repeat(5_000));
    expect(await codeOf(advanced.rehearse(slot, version))).toBe('no error');
    expect(await codeOf(opened(createSsmStore(access())).rehearse(slot, version))).toBe('payload_too_large');
  });

  it('Secrets Manager: no room for the label that a promotion leaves behind', async () => {
    const [store, client] = [opened(createSecretsManagerStore(access())), new SecretsManagerClient(access())];
    closing.push(() => client.destroy());
    const { slot, version } = await staged(store, 'secrets-manager');
    const label = (index: number) =>
      client.send(new UpdateSecretVersionStageCommand({ SecretId: secretPath(slot.current), VersionStage: `a-person-s-${index}`, MoveToVersionId: version }));
    for (let index = 0; index < 16; index += 1) await label(index);
    expect(await codeOf(store.rehearse(slot, version))).toBe('no error');
    await label(16);
    expect(await codeOf(store.rehearse(slot, version))).toBe('store_denied');
    expect(await codeOf(store.promote(slot, version))).toBe('store_denied');
  });

  it.each([
    ['ssm', 'PromoteParameter', createSsmStore],
    ['ssm', 'SeeKeptVersions', createSsmStore],
    ['secrets-manager', 'RotateSecrets', createSecretsManagerStore],
  ] as const)('%s: no right to write current (the policy without %s)', async (kind, sid, open) => {
    const dedicated = { app: 'rotator', orgId: tags.TenantId } as const;
    const whole = platformPolicies({ accountId: '123456789012', regions: ['us-east-1'], environment: tags.Environment, dedicated: [dedicated] });
    const roles = whole.roles.map((role) =>
      role.name === tenantRoleName('rotator') ? { ...role, policy: { ...role.policy, Statement: role.policy.Statement.flatMap(lacking(sid)) } } : role,
    );
    const strict = opened(await startLocalAws({ enforce: { ...whole, roles } }));
    const place = (role: string) => ({
      ...{ region: strict.region, endpoint: strict.endpoint, kmsKeyId: 'alias/rcm-credentials' },
      credentials: strict.taskCredentials(role),
    });
    const session = { ...place(taskRoleName('rotator')), environment: tags.Environment, roleArn: strict.tenantRoleArn('rotator') };
    const sessions = opened(createTenantSessions(session));
    const rotator = opened(open({ ...place(taskRoleName('rotator')), credentials: () => sessions.get(tags.TenantId) }));
    const admin = opened(open(place(dedicatedRoleName('rotator', tags.TenantId))));
    const { slot, version } = await staged(admin, kind);
    const before = await admin.read(slot.current);
    expect(await codeOf(admin.rehearse(slot, version))).toBe('no error');
    await expect(rotator.rehearse(slot, version)).rejects.toMatchObject({ code: 'store_denied' });
    expect(await admin.read(slot.current)).toEqual(before);
  });

  it('Vault: no right to write current', async () => {
    const vault = opened(await openTestVault());
    const whole = await vault.appRoleOf(tags.TenantId);
    const policy = vaultTenantPolicy({ mount: 'kv', environment: 'test', orgId: tags.TenantId, part: 'rotator' });
    const current = `kv/data/rcm/test/${tags.TenantId}/endpoints/*`;
    const path = { ...policy.path, [current]: { capabilities: ['read'] } };
    const admin = { address: vault.server.address, token: vault.server.rootToken };
    const { roleId, secretId } = await createAppRole(admin, { name: 'reads-only', policy: { path } });
    const as = (role: typeof whole) => opened(createVaultStore({ address: vault.server.address, mount: 'kv', appRole: () => Promise.resolve(role) }));
    const { slot, version } = await staged(as(whole), 'vault');
    expect(await codeOf(as({ roleId, secretId: new Secret(secretId) }).rehearse(slot, version))).toBe('store_denied');
    expect(await codeOf(as(whole).rehearse(slot, version))).toBe('no error');
  });
});

/** A statement of a policy, without one of them; of those that rotate secrets, without the moving of labels. */
const lacking =
  (sid: string) =>
  <T extends { readonly Sid: string; readonly Action: readonly string[] }>(statement: T): T[] => {
    if (statement.Sid !== sid) return [statement];
    const left = statement.Action.filter((action) => action !== 'secretsmanager:UpdateSecretVersionStage');
    return left.length < statement.Action.length ? [{ ...statement, Action: left }] : [];
  };
