import { formatReference, type SecretReference, type TenantReaders, type TenantStores } from '@rcm/credentials';
import { createOwnedStore, secretsManagerStoreOn, ssmStoreOn, type TenantBackends, vaultStoreOn } from '@rcm/credentials/stores-on-calls';
import type { Clock } from '@rcm/telemetry';
import { SecretsManagerModel } from './secrets-manager-model.ts';
import { SsmModel } from './ssm-model.ts';
import { byHand, type Caller, type Places, type StoreModelOptions, type StoreWeather } from './store-model.ts';
import { VaultModel } from './vault-model.ts';

export const ENVIRONMENT = 'sim';
export const MOUNT = 'kv';
export const AWS = { region: 'us-east-1', accountId: '123456789012' } as const;

/** What lies in a store about one login. */
export interface Contents {
  readonly current: string | null;
  readonly staged: readonly string[];
  /** What was current, or staged and left in the history, before: the newest first. */
  readonly earlier: readonly string[];
}

/** The three stores, with the product's own logic on top for its processes and with bare hands for people. */
export class Stores {
  readonly ssm: SsmModel;
  readonly secretsManager: SecretsManagerModel;
  readonly vault: VaultModel;
  /** Whoever judges looks after every happening, and most change nothing. */
  readonly #seen = new WeakMap<SecretReference, { readonly changes: number; readonly contents: Contents }>();

  constructor(options: StoreModelOptions) {
    this.ssm = new SsmModel({ ...options, random: options.random.of('ssm') });
    this.secretsManager = new SecretsManagerModel({ ...options, random: options.random.of('secrets-manager') });
    this.vault = new VaultModel({ ...options, random: options.random.of('vault') });
  }

  weatherOf(store: SecretReference['store']): StoreWeather {
    return this.#modelOf(store).weather;
  }

  contentsOf(reference: SecretReference): Contents {
    const model = this.#modelOf(reference.store);
    const { changes } = model;
    const seen = this.#seen.get(reference);
    if (seen?.changes === changes) return seen.contents;
    const places = placesOf(reference);
    const [current = null, ...earlier] = model.textsOf(places.path);
    const contents: Contents = { current, staged: model.stagedOf(places), earlier };
    this.#seen.set(reference, { changes, contents });
    return contents;
  }

  /** A person, in the store's console: what they see is what is there. */
  personReads(reference: SecretReference): string | null {
    return this.contentsOf(reference).current;
  }

  /** A person saves a text over whatever is there. The reference may be another one afterwards: a secret that is made gets a new ARN. */
  personWrites(reference: SecretReference, text: string): SecretReference {
    const { path } = placesOf(reference);
    return byHand(() => {
      if (reference.store === 'ssm') this.ssm.put(path, text, { overwrite: true });
      else if (reference.store === 'vault') this.vault.write(path, text, null);
      else if (this.secretsManager.currentVersion(path) === null) return withSuffix(reference, this.secretsManager.create(path, text)?.arn);
      else this.secretsManager.putVersion(path, this.secretsManager.newId(), text, ['AWSCURRENT']);
      return reference;
    });
  }

  /** A person deletes the secret. */
  personRemoves(reference: SecretReference): void {
    byHand(() => this.#modelOf(reference.store).remove(placesOf(reference).path));
  }

  /** What was written as that very version, where the history still has it. */
  textOf(reference: SecretReference, version: string): string | null {
    return this.#modelOf(reference.store).textOf(placesOf(reference).path, version);
  }

  /** The version that the store would tell of what is current. */
  versionOf(reference: SecretReference): string | null {
    return this.#modelOf(reference.store).currentVersion(placesOf(reference).path);
  }

  tenantStores(role: Caller['role'], clock: Clock): TenantStores {
    const backends = new Map<string, TenantBackends>();
    return {
      forTenant: (orgId) => {
        const opened = backends.get(orgId) ?? this.#backends({ orgId, role }, clock);
        backends.set(orgId, opened);
        return createOwnedStore({ orgId, environment: ENVIRONMENT, aws: [AWS], vault: { mount: MOUNT }, use: (act) => act(opened) });
      },
      close: async () => undefined,
    };
  }

  tenantReaders(clock: Clock): TenantReaders {
    const stores = this.tenantStores('agent', clock);
    return {
      forTenant(orgId) {
        const { batchSize, read, readMany } = stores.forTenant(orgId);
        return { batchSize, read, readMany };
      },
      close: () => stores.close(),
    };
  }

  #modelOf(store: SecretReference['store']): SsmModel | SecretsManagerModel | VaultModel {
    return store === 'ssm' ? this.ssm : store === 'vault' ? this.vault : this.secretsManager;
  }

  #backends(caller: Caller, clock: Clock): TenantBackends {
    const stores = {
      ssm: ssmStoreOn(this.ssm.callsFor(caller), { clock }),
      'secrets-manager': secretsManagerStoreOn(this.secretsManager.callsFor(caller)),
      vault: vaultStoreOn(this.vault.callsFor(caller), { mount: MOUNT }),
    };
    return { at: ({ store }) => stores[store] };
  }
}

/** As the store names them: names of parameters begin with a slash. */
function placesOf({ store, environment, organizationId, endpointId, portalAccountId }: SecretReference): Places {
  const at = (kind: string) => `${store === 'ssm' ? '/' : ''}rcm/${environment}/${organizationId}/${kind}/${endpointId}/${portalAccountId}`;
  return { path: at('endpoints'), folder: at('rotation') };
}

function withSuffix(reference: SecretReference, arn: string | undefined): SecretReference {
  return reference.store === 'secrets-manager' && arn ? { ...reference, suffix: arn.slice(-6) } : reference;
}

/** The row's `secret_arn`. */
export const arnOf = (reference: SecretReference): string => formatReference(reference);
