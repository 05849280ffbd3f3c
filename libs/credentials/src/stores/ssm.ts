import { createSsmCalls, type SsmAccess } from './ssm-calls.ts';
import { type SsmRules, ssmStoreOn } from './ssm-on-calls.ts';
import type { ClosableSecretStore } from './store.ts';

export type { ClosableSecretStore, SecretReader, SecretStages, SecretStore, SecretWriter, StagedSlot, StoredSecret } from './store.ts';

export interface SsmStoreOptions extends SsmAccess, SsmRules {}

/** Payloads as SecureString parameters of AWS's Parameter Store. Versions are SSM's numbers as text. */
export function createSsmStore({ largestTier, clock, ...access }: SsmStoreOptions): ClosableSecretStore {
  return ssmStoreOn(createSsmCalls(access), { ...(largestTier ? { largestTier } : {}), ...(clock ? { clock } : {}) });
}
