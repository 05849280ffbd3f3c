import { setTimeout as delay } from 'node:timers/promises';
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { DeleteSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { credentialReference, type SecretReference, type SecretStore, type SecretTags } from '@rcm/credentials';
import { createSecretsManagerStore } from '@rcm/credentials/secrets-manager';
import { createSsmStore } from '@rcm/credentials/ssm';
import { createVaultStore } from '@rcm/credentials/vault';
import { type LocalAws, startLocalAws } from '@rcm/local-aws';
import { isRcmError, Secret } from '@rcm/telemetry';
import { backend } from '@rcm/test-services';
import { createAppRole, startVaultServer, type VaultServer } from '@rcm/vault-server';
import { Inside } from '../time/inside.fixture.ts';
import { Random } from '../time/random.ts';
import { AWS, ENVIRONMENT, MOUNT, Stores } from './stores.ts';

const ORG = 'hospital-a';
const KEY = 'alias/rcm-credentials';
const tags: SecretTags = { TenantId: ORG, Environment: ENVIRONMENT, PortalType: 'alpine' };
const attempts = ['aaaaaaaa-0000-4000-8000-00000000000a', 'bbbbbbbb-0000-4000-8000-00000000000b', 'cccccccc-0000-4000-8000-00000000000c'];
const textOf = (password: string, attemptId?: string): Secret<string> =>
  new Secret(JSON.stringify({ username: 'user', password, ...(attemptId ? { metadata: { rotation_attempt_id: attemptId, rotation_counter: 1 } } : {}) }));

/** One of the two sides: the product's store on the real thing, or on the model; and a person at its console. */
interface Side {
  readonly store: SecretStore;
  reference: SecretReference;
  /** Versions in the order in which this side first told of them: the two sides name them differently. */
  readonly versions: string[];
  /** What a person does before the store's call of this number in the operation under way. */
  readonly meanwhile: { call: number; act: () => Promise<void> };
  personWrites(reference: SecretReference, text: string): Promise<void>;
  personRemoves(reference: SecretReference): Promise<void>;
}

type OperationName =
  | 'create'
  | 'read'
  | 'readVersion'
  | 'readBefore'
  | 'replace'
  | 'stage'
  | 'readStaged'
  | 'listStaged'
  | 'promote'
  | 'discard'
  | 'person writes'
  | 'person removes';
const WEIGHTS: Readonly<Record<OperationName, number>> = {
  create: 3,
  read: 3,
  readVersion: 3,
  readBefore: 3,
  replace: 4,
  stage: 5,
  readStaged: 2,
  listStaged: 1,
  promote: 5,
  discard: 2,
  'person writes': 2,
  'person removes': 1,
};

interface Operation {
  readonly name: OperationName;
  readonly attemptId: string;
  readonly password: string;
  /** Which of the versions told so far; the newest is 0. */
  readonly base: number;
  /** A person who does not wait for the operation to end. */
  readonly meanwhile: { readonly call: number; readonly does: 'writes' | 'removes'; readonly password: string } | null;
}

function operationsOf(random: Random, count: number): Operation[] {
  return Array.from({ length: count }, (_, at) => ({
    name: at === 0 ? 'create' : random.weighted(WEIGHTS),
    attemptId: random.pick(attempts),
    password: `password-${random.between(0, 5)}`,
    base: random.chance(0.7) ? 0 : random.between(0, 3),
    meanwhile: random.chance(0.4)
      ? { call: random.between(1, 4), does: random.chance(0.8) ? 'writes' : 'removes', password: `password-${random.between(0, 5)}` }
      : null,
  }));
}

async function perform(side: Side, { name, attemptId, password, base, meanwhile }: Operation): Promise<unknown> {
  side.meanwhile.call = meanwhile?.call ?? 0;
  side.meanwhile.act = async () =>
    meanwhile?.does === 'writes' ? side.personWrites(side.reference, textOf(meanwhile.password).reveal()) : side.personRemoves(side.reference);
  const slot = { current: side.reference, attemptId, tags };
  const version = side.versions.at(-1 - base) ?? side.versions.at(-1) ?? '1';
  const told = (found: { readonly version: string; readonly text?: Secret<string> } | null) => {
    if (found === null) return null;
    if (!side.versions.includes(found.version)) side.versions.push(found.version);
    return { version: side.versions.indexOf(found.version), text: found.text?.reveal() ?? null };
  };
  try {
    switch (name) {
      case 'create': {
        const created = await side.store.create(side.reference, textOf(password), tags);
        side.reference = created.reference;
        return told(created);
      }
      case 'read':
        return told(await side.store.read(side.reference));
      case 'readVersion': {
        const found = await side.store.readVersion(side.reference, version);
        return found && found.text.reveal();
      }
      case 'readBefore': {
        const found = await side.store.readBefore(side.reference, version);
        return found && found.text.reveal();
      }
      case 'replace':
        return told(await side.store.replace(side.reference, textOf(password), version));
      case 'stage': {
        const { text, adopted } = await side.store.stage(slot, textOf(password, attemptId));
        return { text: text.reveal(), adopted };
      }
      case 'readStaged':
        return (await side.store.readStaged(slot))?.text.reveal() ?? null;
      case 'listStaged':
        return [...(await side.store.listStaged(side.reference))].sort();
      case 'promote':
        return told(await side.store.promote(slot, version));
      case 'discard':
        return (await side.store.discard(slot)) ?? null;
      case 'person writes':
        return (await side.personWrites(side.reference, textOf(password).reveal())) ?? null;
      case 'person removes':
        return (await side.personRemoves(side.reference)) ?? null;
    }
  } catch (error) {
    if (isRcmError(error)) return { code: error.code };
    return { code: (error as Error).name };
  }
}

describe.skipIf(backend() === 'containers')('the same random operations, on the model and on', () => {
  let aws: LocalAws;
  let vault: VaultServer;
  let number = 0;

  beforeAll(async () => {
    aws = await startLocalAws(AWS);
    vault = await startVaultServer({});
  });
  afterAll(async () => {
    await aws.close();
    await vault.close();
  });

  const newReference = (store: SecretReference['store']): SecretReference => {
    const place = store === 'vault' ? { store, mount: MOUNT } : { store, partition: 'aws', region: AWS.region, accountId: AWS.accountId };
    return credentialReference({ ...place, environment: ENVIRONMENT, orgId: ORG, endpointId: `endpoint-${(number += 1)}`, portalAccountId: 'account-1' });
  };

  async function realSide(store: SecretReference['store'], reference: SecretReference): Promise<Side> {
    const meanwhile: Side['meanwhile'] = { call: 0, act: async () => undefined };
    // Secrets Manager tells the age of its versions in milliseconds, and these are written one after the other.
    const noteCall = async (): Promise<void> => {
      await delay(2);
      if ((meanwhile.call -= 1) !== 0) return;
      await meanwhile.act();
      await delay(2);
    };
    const instrument = (client: { readonly middlewareStack: { add(middleware: unknown, options: unknown): void } }) =>
      client.middlewareStack.add((next: (given: unknown) => Promise<unknown>) => async (given: unknown) => (await noteCall(), next(given)), {
        step: 'initialize',
      });
    const access = { endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials, kmsKeyId: KEY };
    const pathOf = (r: SecretReference): string => `rcm/${ENVIRONMENT}/${ORG}/endpoints/${r.endpointId}/account-1`;
    if (store === 'ssm') {
      const client = new SSMClient(access);
      return {
        store: createSsmStore({ ...access, instrument: instrument as never }),
        reference,
        meanwhile,
        versions: [],
        personWrites: async (r, text) =>
          void (await client.send(new PutParameterCommand({ Name: `/${pathOf(r)}`, Value: text, Type: 'SecureString', KeyId: KEY, Overwrite: true }))),
        personRemoves: async (r) => void (await client.send(new DeleteParameterCommand({ Name: `/${pathOf(r)}` })).catch(() => undefined)),
      };
    }
    if (store === 'secrets-manager') {
      const client = new SecretsManagerClient(access);
      return {
        store: createSecretsManagerStore({ ...access, instrument: instrument as never }),
        reference,
        meanwhile,
        versions: [],
        personWrites: async (r, text) =>
          void (await client.send(new PutSecretValueCommand({ SecretId: pathOf(r), SecretString: text })).catch(() => undefined)),
        personRemoves: async (r) =>
          void (await client.send(new DeleteSecretCommand({ SecretId: pathOf(r), ForceDeleteWithoutRecovery: true })).catch(() => undefined)),
      };
    }
    const policy = { path: { [`${MOUNT}/*`]: { capabilities: ['create', 'read', 'update', 'delete', 'list'] } } };
    const role = await createAppRole({ address: vault.address, token: vault.rootToken }, { name: `role-${number}`, policy });
    const headers = { 'X-Vault-Token': vault.rootToken };
    const at = (kind: string, r: SecretReference): string => `${vault.address}/v1/${MOUNT}/${kind}/${pathOf(r)}`;
    const noting: typeof fetch = async (input, init) => {
      if (String(input instanceof Request ? input.url : input).includes(`/v1/${MOUNT}/`)) await noteCall();
      return fetch(input, init);
    };
    return {
      store: createVaultStore({
        address: vault.address,
        mount: MOUNT,
        appRole: async () => ({ roleId: role.roleId, secretId: new Secret(role.secretId) }),
        fetch: noting,
      }),
      reference,
      meanwhile,
      versions: [],
      personWrites: async (r, text) => void (await fetch(at('data', r), { method: 'POST', headers, body: JSON.stringify({ data: { payload: text } }) })),
      personRemoves: async (r) => void (await fetch(at('metadata', r), { method: 'DELETE', headers })),
    };
  }

  test.each(['ssm', 'secrets-manager', 'vault'] as const)('%s', async (kind) => {
    for (let round = 0; round < 12; round += 1) {
      const seed = `${kind} ${round}`;
      const inside = new Inside(seed);
      const options = { outside: inside.outside, scheduler: inside.scheduler, random: inside.random, staleMs: 0 };
      const stores = new Stores({ ...options, onWrite: () => undefined, onCall: () => undefined, onTrespass: (what) => expect.unreachable(what) });
      const process = inside.process('rotator');
      const real = await realSide(kind, newReference(kind));
      const meanwhile: Side['meanwhile'] = { call: 0, act: async () => undefined };
      const call = inside.outside.call.bind(inside.outside);
      inside.outside.call = async (asked) => {
        if ((meanwhile.call -= 1) === 0) await meanwhile.act();
        return call(asked);
      };
      const model: Side = {
        store: stores.tenantStores('rotator', process.clock).forTenant(ORG),
        reference: real.reference,
        versions: [],
        meanwhile,
        // At the console of Secrets Manager nobody writes to a secret that is not there.
        personWrites: async (r, text) => void ((kind !== 'secrets-manager' || stores.versionOf(r) !== null) && stores.personWrites(r, text)),
        personRemoves: async (r) => stores.personRemoves(r),
      };
      const told: string[] = [];
      for (const operation of operationsOf(new Random(seed), 40)) {
        const [one, other] = [await perform(real, operation), await inside.run(process, () => perform(model, operation))];
        told.push(`${JSON.stringify(operation)} ${JSON.stringify(one)}`);
        expect({ model: other, before: told }).toEqual({ model: one, before: told });
      }
    }
  });
});
