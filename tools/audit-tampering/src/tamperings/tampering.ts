import type { FindingKind } from '@rcm/audit/verify-audit';
import type { Random } from '../random.ts';
import type { Evidence, Trail } from '../trail.ts';

export interface Tampering {
  readonly name: string;
  /** At least one of these must be named. */
  readonly named: readonly FindingKind[] | 'anything';
  /** `null` where the trail has nothing that it could be done to, or what was drawn changes nothing. */
  act(trail: Trail, random: Random): Evidence | null;
}
