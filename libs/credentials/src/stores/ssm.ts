import { createSsmCalls, type SsmAccess } from './ssm-calls.ts';
import { type SsmRules, ssmStoreOn } from './ssm-on-calls.ts';
import type { ClosableSecretStore } from './store.ts';

export type { ClosableSecretStore, SecretReader, SecretStages, SecretStore, SecretWriter, StagedSlot, StoredSecret } from './store.ts';

export interface SsmStoreOptions extends SsmAccess, SsmRules {}

/** Payloads as SecureString parameters of AWS's Parameter Store. Versions are SSM's numbers as text. */
export const createSsmStore = (options: SsmStoreOptions): ClosableSecretStore => ssmStoreOn(createSsmCalls(options), options);
