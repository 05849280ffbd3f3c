import type { SecretReference } from '../../reference.ts';
import type { StagedSlot } from '../store.ts';
import type { Secret } from '@rcm/telemetry';

export interface Scene {
  /** Without an ARN, so that it finds the secret also when that was made anew. */
  readonly named: SecretReference;
  readonly slot: StagedSlot;
  readonly base: string;
  readonly first: Secret<string>;
  readonly staged: Secret<string>;
}
