import type { Clock, Database } from '@rcm/local-aws/kit';
import type { RootKey } from './storage/root-key.ts';

/** What every operation works on. */
export interface VaultState {
  readonly database: Database;
  readonly root: RootKey;
  readonly clock: Clock;
  /** Names of the KV v2 mounts, the same in every namespace. */
  readonly mounts: readonly string[];
}
