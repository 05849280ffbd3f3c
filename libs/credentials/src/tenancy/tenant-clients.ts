import { placeKey, type SecretReference } from '../reference.ts';
import type { ClosableSecretStore } from '../stores/store.ts';
import type { AwsBackends } from './aws-backends.ts';
import type { Closable } from './client-pool.ts';
import type { TenantBackends } from './owned-store.ts';
import type { VaultBackends } from './vault-backends.ts';

export interface DeploymentBackends {
  readonly aws: readonly AwsBackends[];
  readonly vault: VaultBackends | null;
  /** Tries of one call of Vault, the first included. */
  readonly maxAttempts: number | undefined;
}

/** One tenant's clients, each made when its place is first asked: most tenants' secrets lie in one place of many. */
export function openClients(orgId: string, deployment: DeploymentBackends): TenantBackends & Closable {
  const opened = new Map<string, ClosableSecretStore>();
  return {
    at(reference) {
      const key = placeKey(reference);
      const known = opened.get(key) ?? open(orgId, deployment, reference);
      if (known) opened.set(key, known);
      return known;
    },
    close() {
      for (const client of opened.values()) client.close();
    },
  };
}

function open(orgId: string, { aws, vault, maxAttempts }: DeploymentBackends, reference: SecretReference): ClosableSecretStore | undefined {
  if (reference.store === 'vault') return vault?.mount === reference.mount ? vault.open(orgId, maxAttempts) : undefined;
  const { store, region, accountId } = reference;
  return aws.find((place) => place.region === region && place.accountId === accountId)?.open(orgId, store);
}
