import { isId, RcmError } from '@rcm/telemetry';
import { transitKeyName } from '../data-keys/transit-key-name.ts';

export interface VaultTenant {
  readonly mount: string;
  readonly environment: string;
  readonly orgId: string;
  /** Where transit is mounted, for an agent's data keys. Default `transit`. */
  readonly transitMount?: string;
  /** An agent reads current payloads, keeps devices, and makes and opens its tenant's data keys; rotator and migrator write, renew devices, and a rotator sees what is staged. */
  readonly part: 'agent' | 'rotator' | 'migrator';
}

interface Path {
  readonly capabilities: readonly string[];
}

/** A policy as `bao policy write` and `PUT sys/policies/acl/<name>` take it: JSON is valid HCL. */
export interface VaultPolicy {
  readonly path: Readonly<Record<string, Path>>;
}

/**
 * What the AppRole of one tenant may do: exactly the requests that the Vault store makes, under the tenant's own folders, and for a rotator the question what it may do. A
 * pattern ends its segment before the star, so no other tenant's name can begin with this one's. Fails with `config_invalid`.
 *
 * @example
 * ```ts
 * const policy = vaultTenantPolicy({ mount: 'kv', environment: 'prod', orgId: 'hospital-a', part: 'agent' });
 * const body = JSON.stringify({ policy: JSON.stringify(policy) }); // of PUT sys/policies/acl/hospital-a-agent
 * ```
 */
export function vaultTenantPolicy({ mount, environment, orgId, part, transitMount = 'transit' }: VaultTenant): VaultPolicy {
  if (![mount, environment, orgId, transitMount].every(isId))
    throw new RcmError('config_invalid', 'Mounts, environment and organization of a Vault policy must be ids.');
  const at = (api: string, folder: string): string => `${mount}/${api}/rcm/${environment}/${orgId}/${folder}/*`;
  const may = (...capabilities: readonly string[]): Path => ({ capabilities });
  const write = ['create', 'update'];
  const renewed = { [at('data', 'devices')]: may('read', 'update') };
  if (part === 'agent') {
    const devices = { [at('data', 'devices')]: may('read', ...write), [at('metadata', 'devices')]: may(...write) };
    const dataKeys = ['datakey/plaintext', 'decrypt'].map((act) => [`${transitMount}/${act}/${transitKeyName(environment, orgId)}`, may('update')] as const);
    return { path: { [at('data', 'endpoints')]: may('read'), ...devices, ...Object.fromEntries(dataKeys) } };
  }
  const current = { [at('data', 'endpoints')]: may('read', ...write), [at('metadata', 'endpoints')]: may(...write) };
  if (part === 'migrator') return { path: { ...current, ...renewed } };
  const staged = { [at('data', 'rotation')]: may('read', ...write), [at('metadata', 'rotation')]: may('list', ...write, 'delete') };
  // For a rehearsal: what this token itself may do. Vault's policy "default" has it too, but an AppRole may be made without that.
  return { path: { ...current, ...staged, ...renewed, 'sys/capabilities-self': may('update') } };
}
