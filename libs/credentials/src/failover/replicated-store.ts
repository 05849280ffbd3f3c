import type { SecretReference } from '../reference.ts';

/** Stores that have regions. */
export type ReplicatedStore = Exclude<SecretReference['store'], 'vault'>;
