import { isId, RcmError, Secret } from '@rcm/telemetry';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { serializePayload } from './payload.ts';
import { PAYLOAD_REASONS, type PayloadReason, type ReferenceReason } from './refusal.ts';
import { credentialReference, referenceKey, type SecretReference } from './reference.ts';
import { createSecretsManagerStore } from './stores/secrets-manager.ts';
import { createSsmStore } from './stores/ssm.ts';
import type { ClosableSecretStore, SecretStore, SecretTags } from './stores/store.ts';
import { createVaultStore } from './stores/vault.ts';
import { createTenantStores } from './tenancy/tenant-stores.ts';

/** Nothing listens there: a call that was made would fail otherwise than these tests expect, and is counted besides. */
const NOWHERE = 'http://127.0.0.1:9';
let calls = 0;
const countedFetch: typeof fetch = () => {
  calls += 1;
  return Promise.reject(new TypeError('nothing listens here'));
};
const aws = { region: 'us-east-1', endpoint: NOWHERE, credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, kmsKeyId: 'alias/x', maxAttempts: 1 };
const reached = (): Promise<never> => {
  calls += 1;
  return Promise.reject(new Error('reached'));
};
const vault = {
  address: NOWHERE,
  mount: 'kv',
  appRole: () => Promise.resolve({ roleId: 'r', secretId: new Secret('s') }),
  fetch: countedFetch,
  maxAttempts: 1,
};
const stores: Readonly<Record<SecretReference['store'], ClosableSecretStore>> = {
  ssm: createSsmStore({ ...aws, instrument: (client) => client.middlewareStack.add(() => reached) }),
  'secrets-manager': createSecretsManagerStore({ ...aws, instrument: (client) => client.middlewareStack.add(() => reached) }),
  vault: createVaultStore(vault),
};
const tenants = createTenantStores({ environment: 'test', ...aws, accountId: '123456789012', dedicatedOrgId: 'org-a', vault });

const KINDS = ['ssm', 'secrets-manager', 'vault'] as const;
const good = (kind: (typeof KINDS)[number]): SecretReference =>
  credentialReference({
    ...(kind === 'vault' ? { store: kind, mount: 'kv' } : { store: kind, partition: 'aws', region: 'us-east-1', accountId: '123456789012' }),
    ...{ environment: 'test', orgId: 'org-a', endpointId: 'e1', portalAccountId: 'a1' },
  });
const tags: SecretTags = { TenantId: 'org-a', Environment: 'test', PortalType: 'alpine' };
const text = serializePayload(new Secret({ username: 'u', password: 'p' }));

const METHODS: Readonly<Record<string, (store: SecretStore, reference: SecretReference, attemptId?: string) => Promise<unknown>>> = {
  read: (store, reference) => store.read(reference),
  async readMany(store, reference) {
    const answer = (await store.readMany([reference])).get(referenceKey(reference));
    if (answer instanceof RcmError) throw answer;
  },
  readVersion: (store, reference) =>
    store.readVersion(reference, 'f0f0f0f0-0000-4000-8000-000000000000'.slice(0, reference.store === 'secrets-manager' ? 36 : 0) || '1'),
  readBefore: (store, reference) => store.readBefore(reference, '2'),
  create: (store, reference) => store.create(reference, text, tags),
  replace: (store, reference) => store.replace(reference, text, '1'),
  stage: (store, current, attemptId = 'x') => store.stage({ current, attemptId, tags }, text),
  listStaged: (store, reference) => store.listStaged(reference),
  readStaged: (store, current, attemptId = 'x') => store.readStaged({ current, attemptId, tags }),
  rehearse: (store, current, attemptId = 'x') => store.rehearse({ current, attemptId, tags }, '1'),
  promote: (store, current, attemptId = 'x') => store.promote({ current, attemptId, tags }, '1'),
  discard: (store, current, attemptId = 'x') => store.discard({ current, attemptId, tags }),
};

/** What could leave a path, a tag or a policy, and whatever else is no id. */
const ESCAPES = [
  '..',
  '.',
  '',
  '/',
  'a/b',
  '*',
  'a*',
  '?',
  '$',
  '${aws:PrincipalTag/tenant_id}',
  '-a',
  'A',
  'о',
  'ａ',
  'é',
  'a b',
  'a\n',
  'a:1',
  'a%2f',
  '_',
  'x'.repeat(64),
  '\u0000',
  '\u202e',
];
const noId = fc.oneof(fc.constantFrom(...ESCAPES), fc.string(), fc.string({ unit: 'binary' })).filter((candidate) => !isId(candidate));
/** The parts of a reference, and how a refusal names them. */
const PARTS: Readonly<Record<string, ReferenceReason>> = {
  environment: 'environment',
  organizationId: 'organization',
  endpointId: 'endpoint',
  portalAccountId: 'account',
};
const part = fc.constantFrom(...Object.keys(PARTS));

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly details?: RcmError['details'];
}

const failureOf = async (act: () => Promise<unknown>): Promise<Failure> => {
  try {
    await act();
    return { code: 'accepted', message: '' };
  } catch (error) {
    return error instanceof RcmError ? error : { code: 'another error', message: String(error) };
  }
};

const told = ({ code, details }: Failure) => ({ code, ...(details?.['reason'] === undefined ? {} : { reason: details['reason'] }) });

/** What is wrong with a text that is no payload, read off the design's schema and not off the code. */
function wrongWith(text: string): { readonly reason: PayloadReason; readonly field?: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { reason: 'not_json' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { reason: 'not_an_object', field: 'payload' };
  const fields = value as Readonly<Record<string, unknown>>;
  for (const field of ['username', 'password']) {
    if (!Object.hasOwn(fields, field)) return { reason: 'field_missing', field };
    if (typeof fields[field] !== 'string') return { reason: 'field_type', field };
    if (fields[field] === '') return { reason: 'field_empty', field };
  }
  if (typeof fields['mfa_seed'] === 'number') return { reason: 'field_type', field: 'mfa_seed' };
  if (typeof fields['metadata'] !== 'object') return { reason: 'field_type', field: 'metadata' };
  return { reason: 'field_value', field: 'metadata.rotation_counter' };
}

describe('bad input reaches no store', () => {
  afterAll(async () => {
    Object.values(stores).forEach((store) => store.close());
    await tenants.close();
  });

  it('in a reference made by hand, whatever is asked of whichever store', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...KINDS), fc.constantFrom(...Object.keys(METHODS)), part, noId, async (kind, method, name, bad) => {
        calls = 0;
        const forged = { ...good(kind), [name]: bad };
        const failure = await failureOf(async () => METHODS[method]?.(stores[kind], forged));
        expect({ ...told(failure), calls }).toEqual({ code: 'reference_invalid', reason: PARTS[name], calls: 0 });
      }),
      { numRuns: 1_000 },
    );
  });

  it('in an attempt id', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...KINDS), fc.constantFrom('stage', 'readStaged', 'discard'), noId, async (kind, method, bad) => {
        calls = 0;
        const failure = await failureOf(async () => METHODS[method]?.(stores[kind], good(kind), bad));
        expect({ ...told(failure), calls }).toEqual({ code: 'reference_invalid', reason: 'attempt', calls: 0 });
      }),
      { numRuns: 500 },
    );
  });

  it('in a tenant’s reference: it is invalid or not theirs', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...KINDS), fc.constantFrom(...Object.keys(METHODS)), part, fc.string(), async (kind, method, name, other) => {
        fc.pre(other !== (good(kind) as unknown as Record<string, string>)[name]);
        fc.pre(!(isId(other) && (name === 'endpointId' || name === 'portalAccountId')));
        calls = 0;
        const failure = await failureOf(async () => METHODS[method]?.(tenants.forTenant('org-a'), { ...good(kind), [name]: other }));
        // Whose it is comes first: a stranger learns nothing about how a reference is made.
        const notTheirs = name === 'environment' || name === 'organizationId';
        const expected = notTheirs ? { code: 'reference_not_yours' } : { code: 'reference_invalid', reason: PARTS[name] };
        expect({ ...told(failure), calls }).toEqual({ ...expected, calls: 0 });
      }),
      { numRuns: 1_000 },
    );
  });

  const notPayloads = fc.oneof(
    fc.string(),
    fc.json().filter((json) => !/"username"/.test(json)),
    fc.constantFrom(
      'null',
      '[]',
      '""',
      '{',
      '{"username":"u"}',
      '{"username":"","password":"p"}',
      '{"username":"u","password":7}',
      '{"username":"u","password":null}',
    ),
    fc
      .record({ username: fc.string({ minLength: 1 }), password: fc.oneof(fc.integer(), fc.constant(''), fc.constant(null)) })
      .map((value) => JSON.stringify(value)),
    fc.record({ username: fc.constant('u'), password: fc.constant('canary-p'), mfa_seed: fc.integer() }).map((value) => JSON.stringify(value)),
    fc
      .record({ username: fc.constant('u'), password: fc.constant('canary-p'), metadata: fc.oneof(fc.string(), fc.integer()) })
      .map((value) => JSON.stringify(value)),
    fc.integer({ max: -1 }).map((rotation_counter) => JSON.stringify({ username: 'u', password: 'canary-p', metadata: { rotation_counter } })),
  );
  it('in a payload, which is not repeated either', async () => {
    const seen = new Set<unknown>();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...KINDS), fc.constantFrom('create', 'replace', 'stage'), notPayloads, async (kind, method, bad) => {
        calls = 0;
        const store = tenants.forTenant('org-a');
        const writes: Readonly<Record<string, () => Promise<unknown>>> = {
          create: () => store.create(good(kind), new Secret(bad), tags),
          replace: () => store.replace(good(kind), new Secret(bad), '1'),
          stage: () => store.stage({ current: good(kind), attemptId: 'x', tags }, new Secret(bad)),
        };
        const failure = await failureOf(async () => writes[method]?.());
        expect({ code: failure.code, ...failure.details, calls }).toEqual({ code: 'payload_invalid', ...wrongWith(bad), calls: 0 });
        expect(failure.message).not.toContain('canary');
        seen.add(failure.details?.['reason']);
      }),
      { numRuns: 1_000 },
    );
    // Only a store can hold what is no text.
    expect([...seen].sort()).toEqual(
      Object.keys(PAYLOAD_REASONS)
        .filter((reason) => reason !== 'not_text')
        .sort(),
    );
  });

  const LIMITS = { ssm: 4096, 'secrets-manager': 65_536, vault: 65_536 } as const;
  it.each(KINDS.flatMap((kind) => ['x', 'ß', '€', '🔑'].map((character) => [kind, character] as const)))(
    'in size: %s takes its limit to the byte in %s and not one more',
    async (kind, character) => {
      const around = Buffer.byteLength(JSON.stringify({ username: 'u', password: '' }));
      const room = LIMITS[kind] - around;
      const width = Buffer.byteLength(character);
      const fitting = character.repeat(Math.floor(room / width)) + 'x'.repeat(room % width);
      const textOf = (password: string) => new Secret(JSON.stringify({ username: 'u', password }));
      calls = 0;
      const tooLarge = await failureOf(() => stores[kind].create(good(kind), textOf(`${fitting}x`), tags));
      expect({ code: tooLarge.code, calls }).toEqual({ code: 'payload_too_large', calls: 0 });
      await failureOf(() => stores[kind].create(good(kind), textOf(fitting), tags));
      expect(calls).toBeGreaterThan(0);
    },
  );
});
