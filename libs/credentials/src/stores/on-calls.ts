/**
 * The stores' own logic without their connections: what a model of a store implements (`SsmCalls`, `SecretsManagerCalls`,
 * `VaultCalls`) becomes a store that stages, promotes and settles races exactly as the product does. Nothing here loads an SDK.
 */
export type { SsmCalls, SsmVersionFacts } from './ssm-calls.ts';
export { type SsmRules, ssmStoreOn } from './ssm-on-calls.ts';
export type { WriteProbe } from './ssm-rehearsal.ts';
export type { ListedVersion, SecretsManagerCalls, SecretVersion, VersionChoice } from './secrets-manager-calls.ts';
export { type SecretsManagerRules, secretsManagerStoreOn } from './secrets-manager-on-calls.ts';
export type { SsmTier } from './size-policy.ts';
export type { CallOptions, ClosableSecretStore, FinalAct, Rehearsal, RehearseOptions, SecretTags, StoredSecret } from './store.ts';
export type { VaultCalls, VaultSecret, VaultWritten } from './vault-calls.ts';
export { type VaultRules, vaultStoreOn } from './vault-on-calls.ts';
export { createOwnedStore, type OwnedStoreOptions, type TenantBackends } from '../tenancy/owned-store.ts';
