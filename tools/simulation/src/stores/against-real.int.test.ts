import { setTimeout as delay } from 'node:timers/promises';
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { DeleteSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { credentialReference, type SecretReference } from '@rcm/credentials';
import { createSecretsManagerStore } from '@rcm/credentials/secrets-manager';
import { createSsmStore } from '@rcm/credentials/ssm';
import { createVaultStore } from '@rcm/credentials/vault';
import { type LocalAws, startLocalAws } from '@rcm/local-aws';
import { Secret } from '@rcm/telemetry';
import { backend } from '@rcm/test-services';
import { createAppRole, startVaultServer, type VaultServer } from '@rcm/vault-server';
import { Inside } from '../time/inside.fixture.ts';
import { Random } from '../time/random.ts';
import { operationsOf, ORG, perform, type Side } from './both-stores.fixture.ts';
import { AWS, ENVIRONMENT, MOUNT, Stores } from './stores.ts';

const KEY = 'alias/rcm-credentials';

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
        store: createSsmStore({ ...access, instrument }),
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
        store: createSecretsManagerStore({ ...access, instrument }),
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
