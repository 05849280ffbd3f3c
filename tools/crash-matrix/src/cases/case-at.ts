import type { EnvironmentEndpoint } from '@rcm/test-environment';
import type { Cell } from '../cells/cell.ts';
import type { Place } from './place.ts';

/** One case under way: its cell, its login, and where that is. */
export interface CaseAt {
  readonly cell: Cell;
  readonly place: Place;
  readonly endpoint: EnvironmentEndpoint;
  /** For marks. */
  readonly folder: string;
  /** Bounds how many processes start and work at the same moment. */
  readonly processSlot: <T>(act: () => Promise<T>) => Promise<T>;
}
