import { RcmError, Secret } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { parseReference, referenceKey, type SecretReference } from '../reference.ts';
import type { ClosableSecretStore, SecretStore } from '../stores/store.ts';
import { createOwnedStore, type OwnedStoreOptions } from './owned-store.ts';
import { createTenantStores } from './tenant-stores.ts';

const own = 'arn:aws:ssm:us-east-1:123456789012:parameter/rcm/test/org-a/endpoints/e1/a1';
const inVault = 'vault:kv/rcm/test/org-a/endpoints/e1/a1';
const tags = { TenantId: 'org-a', Environment: 'test', PortalType: 'alpine' };

let calls = 0;
const store = (changes: Partial<OwnedStoreOptions> = {}): SecretStore =>
  createOwnedStore({
    orgId: 'org-a',
    environment: 'test',
    aws: [{ region: 'us-east-1', accountId: '123456789012' }],
    vault: { mount: 'kv' },
    use: () => {
      calls += 1;
      return Promise.reject(new RcmError('store_unavailable', 'reached'));
    },
    ...changes,
  });

const text = new Secret('{"username":"u","password":"p"}');
const METHODS: Readonly<Record<string, (target: SecretStore, reference: SecretReference, labels?: typeof tags) => Promise<unknown>>> = {
  read: (target, reference) => target.read(reference),
  readVersion: (target, reference) => target.readVersion(reference, '1'),
  readBefore: (target, reference) => target.readBefore(reference, '2'),
  async readMany(target, reference) {
    const answer = (await target.readMany([reference])).get(referenceKey(reference));
    if (answer instanceof RcmError) throw answer;
  },
  create: (target, reference, labels = tags) => target.create(reference, text, labels),
  replace: (target, reference) => target.replace(reference, text, '1'),
  stage: (target, current, labels = tags) => target.stage({ current, attemptId: 'x', tags: labels }, text),
  readStaged: (target, current) => target.readStaged({ current, attemptId: 'x', tags }),
  listStaged: (target, current) => target.listStaged(current),
  rehearse: (target, current) => target.rehearse({ current, attemptId: 'x', tags }, '1'),
  promote: (target, current) => target.promote({ current, attemptId: 'x', tags }, '1'),
  discard: (target, current) => target.discard({ current, attemptId: 'x', tags }),
};
const methods = Object.keys(METHODS);

const codeOf = (act: Promise<unknown> | undefined) =>
  act?.then(
    () => 'no error',
    (error: unknown) => (error instanceof RcmError ? error.code : String(error)),
  );

describe('a tenant’s store', () => {
  it.each(methods)('lets %s through for its own references', async (method) => {
    for (const reference of [own, inVault]) expect(await codeOf(METHODS[method]?.(store(), parseReference(reference)))).toBe('store_unavailable');
  });

  const foreign = [
    ['another organization', own.replace('org-a', 'org-b')],
    ['an organization whose name begins alike', own.replace('org-a', 'org-a-2')],
    ['another environment', own.replace('/test/', '/prod/')],
    ['another region', own.replace('us-east-1', 'us-west-2')],
    ['another AWS account', own.replace('123456789012', '210987654321')],
    ['another organization in Vault', inVault.replace('org-a', 'org-b')],
    ['another environment in Vault', inVault.replace('/test/', '/prod/')],
    ['another mount of Vault', inVault.replace('kv/', 'kv2/')],
  ] as const;
  it.each(methods.flatMap((method) => foreign.map(([what, arn]) => [method, what, arn] as const)))(
    'refuses %s for %s before any call',
    async (method, _what, arn) => {
      calls = 0;
      expect(await codeOf(METHODS[method]?.(store(), parseReference(arn)))).toBe('reference_not_yours');
      expect(calls).toBe(0);
    },
  );

  it('answers a reference of its own that others are asked for with, and refuses those alone', async () => {
    const asked: SecretReference[] = [];
    const stored = { text, version: '1' };
    const ssm = {
      readMany(references: readonly SecretReference[]) {
        asked.push(...references);
        return Promise.resolve(new Map(references.map((reference) => [referenceKey(reference), stored])));
      },
    } as unknown as ClosableSecretStore;
    const mine = parseReference(own);
    const strange = [
      parseReference(own.replace('org-a', 'org-b')),
      parseReference(own.replace('us-east-1', 'us-west-2')),
      parseReference(inVault.replace('kv/', 'kv2/')),
      { ...mine, endpointId: '..' },
    ];
    const target = store({ use: (act) => act({ at: () => ssm }) });
    const answers = await target.readMany([...strange, mine]);
    expect(asked).toEqual([mine]);
    expect(answers.get(referenceKey(mine))).toBe(stored);
    const codes = strange.map((reference) => (answers.get(referenceKey(reference)) as RcmError).code);
    expect(codes).toEqual(['reference_not_yours', 'reference_not_yours', 'reference_not_yours', 'reference_invalid']);
  });

  it('tells of staged copies the attempts’ alone, and says that there was more', async () => {
    const attempt = 'f0f0f0f0-0000-4000-8000-000000000000';
    const names = ['old-copy', attempt, attempt.toUpperCase(), 'f0f0f0f0000040008000000000000000', ''];
    const ssm = { listStaged: () => Promise.resolve(names) } as unknown as ClosableSecretStore;
    const told: unknown[] = [];
    const target = store({ use: (act) => act({ at: () => ssm }), onStrayCopies: ({ endpointId }, count) => told.push([endpointId, count]) });
    expect(await target.listStaged(parseReference(own))).toEqual([attempt]);
    names.splice(0, names.length, attempt);
    expect(await target.listStaged(parseReference(own))).toEqual([attempt]);
    expect(told).toEqual([['e1', 4]]);
  });

  it.each(['create', 'stage'])('refuses %s with another tenant’s tags before any call', async (method) => {
    calls = 0;
    for (const change of [{ TenantId: 'org-b' }, { Environment: 'prod' }]) {
      expect(await codeOf(METHODS[method]?.(store(), parseReference(own), { ...tags, ...change }))).toBe('reference_not_yours');
    }
    expect(calls).toBe(0);
  });

  it('without Vault, or without AWS, says so', async () => {
    expect(await codeOf(store({ vault: null }).read(parseReference(inVault)))).toBe('reference_invalid');
    expect(await codeOf(store({ aws: [] }).read(parseReference(own)))).toBe('reference_invalid');
  });

  it('knows its AWS account by the tenant role or, where none is assumed, by configuration', async () => {
    const place = { environment: 'test', region: 'us-east-1', kmsKeyId: 'alias/k' };
    const inOther = parseReference(own.replace('123456789012', '210987654321'));
    for (const account of [
      { dedicatedOrgId: 'org-a', accountId: '123456789012' },
      { roleArn: 'arn:aws:iam::123456789012:role/tenant', accountId: '210987654321' },
    ]) {
      const stores = createTenantStores({ ...place, ...account });
      expect(await codeOf(stores.forTenant('org-a').read(inOther))).toBe('reference_not_yours');
      await stores.close();
    }
    expect(() => createTenantStores({ ...place, dedicatedOrgId: 'org-a' })).toThrow(/RCM_AWS_ACCOUNT_ID/);
  });
});
