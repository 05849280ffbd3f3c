import type { TenantStores } from '@rcm/credentials';
import type { LeaseTiming } from '@rcm/db/holding';
import type { AttemptReason, StartRules } from '@rcm/db/rotation';
import type { RotatorServices } from './machine/attempt.ts';

export interface Rotator extends RotatorServices {
  readonly stores: TenantStores;
  readonly environment: string;
  readonly lease: LeaseTiming;
  /** What may hold a start back. */
  readonly rules: StartRules;
  /** Name of this process in the journal and on leases. */
  readonly owner: string;
}

export type RequestReason = Exclude<AttemptReason, 'restored' | 'resolve'> | 'recovery';
