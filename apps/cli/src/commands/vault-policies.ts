import { vaultTenantPolicy } from '@rcm/credentials';
import { SHAPE } from '@rcm/telemetry/json-shape';

export interface VaultPoliciesOptions {
  readonly mount: string;
  readonly environment: string;
  readonly tenant: readonly string[];
  readonly transitMount: string;
}

const PARTS = ['agent', 'rotator', 'migrator'] as const;

/** One JSON object: by the name of its AppRole (`<organization>-<app>`), what `bao policy write` takes. Fails with `config_invalid`. */
export function vaultPolicies({ mount, environment, tenant, transitMount }: VaultPoliciesOptions): string {
  const policies = tenant.flatMap((orgId) =>
    PARTS.map((part) => [`${orgId}-${part}`, vaultTenantPolicy({ mount, environment, orgId, part, transitMount })] as const),
  );
  return `${JSON.stringify({ version: SHAPE, policies: Object.fromEntries(policies) }, null, 2)}\n`;
}
