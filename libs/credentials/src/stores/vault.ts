import type { ClosableSecretStore } from './store.ts';
import { createVaultCalls, type VaultAccess } from './vault-calls.ts';
import { vaultStoreOn } from './vault-on-calls.ts';

export type { ClosableSecretStore, SecretReader, SecretStages, SecretStore, SecretWriter, StagedSlot, StoredSecret } from './store.ts';
export type { VaultAccess } from './vault-calls.ts';
export type { AppRole } from './vault-session.ts';

/** Payloads in a KV v2 mount of Vault or OpenBao, reached over HTTP. Versions are KV's numbers as text. */
export const createVaultStore = (access: VaultAccess): ClosableSecretStore => vaultStoreOn(createVaultCalls(access), access);
