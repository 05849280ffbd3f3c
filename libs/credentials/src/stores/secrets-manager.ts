import { createSecretsManagerCalls, type SecretsManagerAccess } from './secrets-manager-calls.ts';
import { secretsManagerStoreOn } from './secrets-manager-on-calls.ts';
import type { ClosableSecretStore } from './store.ts';

export type { SecretsManagerAccess } from './secrets-manager-calls.ts';
export type { ClosableSecretStore, SecretReader, SecretStages, SecretStore, SecretWriter, StagedSlot, StoredSecret } from './store.ts';

/** Payloads as secrets of AWS's Secrets Manager. Versions are VersionIds. */
export const createSecretsManagerStore = (access: SecretsManagerAccess): ClosableSecretStore => secretsManagerStoreOn(createSecretsManagerCalls(access));
