import { isId, RcmError, Secret } from '@rcm/telemetry';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { METHODS, noId, notPayloads, part, PARTS, tags, wrongWith } from './bad-input.fixture.ts';
import { PAYLOAD_REASONS } from './refusal.ts';
import { credentialReference, type SecretReference } from './reference.ts';
import { createSecretsManagerStore } from './stores/secrets-manager.ts';
import { createSsmStore } from './stores/ssm.ts';
import type { ClosableSecretStore } from './stores/store.ts';
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

const told = ({ code, details }: Failure) => ({ code, ...(details?.reason === undefined ? {} : { reason: details.reason }) });

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
        seen.add(failure.details?.reason);
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
