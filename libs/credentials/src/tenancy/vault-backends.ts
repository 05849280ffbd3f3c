import { isId, RcmError } from '@rcm/telemetry';
import type { ClosableSecretStore } from '../stores/store.ts';
import type { AppRole } from '../stores/vault-session.ts';
import { createVaultStore } from '../stores/vault.ts';
import type { Shared } from './aws-backends.ts';
import { vaultAddressProblem, vaultNamespaceProblem } from './vault-address.ts';

/** How a deployment reaches Vault. */
export interface TenantVaultOptions {
  /** `https://vault.example:8200`; plain HTTP only on this machine. */
  readonly address: string;
  /** Default: the root namespace. */
  readonly namespace?: string | undefined;
  /** The KV v2 mount; an id. */
  readonly mount: string;
  /** Where AppRole is mounted. Default `approle`. */
  readonly appRoleMount?: string | undefined;
  /** The AppRole of one tenant, asked at each of its logins: what keeps a tenant from another's secrets is its policy. */
  readonly appRole: (orgId: string) => Promise<AppRole>;
  /** Default: Node's own. */
  readonly fetch?: typeof fetch;
}

export interface VaultBackends {
  readonly mount: string;
  open(orgId: string, maxAttempts: number | undefined): ClosableSecretStore;
}

/** `null` where the deployment has no Vault. Fails with `config_invalid`. */
export function createVaultBackends(options: TenantVaultOptions | undefined, { deadlineMs, clock }: Shared): VaultBackends | null {
  if (options === undefined) return null;
  const { address, namespace, mount, appRoleMount, appRole, fetch } = options;
  const problem = vaultAddressProblem(address) ?? vaultNamespaceProblem(namespace) ?? (isId(mount) ? null : 'its mount must be an id');
  if (problem !== null) throw new RcmError('config_invalid', `Vault cannot be used: ${problem}.`);
  const shared = {
    ...{ address: address.replace(/\/$/, ''), namespace, mount },
    ...(appRoleMount === undefined ? {} : { appRoleMount }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(clock ? { clock } : {}),
    ...(fetch ? { fetch } : {}),
  };
  return {
    mount,
    open: (orgId, maxAttempts) => createVaultStore({ ...shared, ...(maxAttempts === undefined ? {} : { maxAttempts }), appRole: () => appRole(orgId) }),
  };
}
