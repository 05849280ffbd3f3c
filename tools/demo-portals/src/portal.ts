import type { AccountPolicy } from './accounts/policies.ts';
import type { Clock } from './clock.ts';
import type { RealmCode } from './portal-code.ts';
import type { Records } from './records/database.ts';

/** What the pages of one portal work with. */
export interface Portal {
  readonly code: RealmCode;
  readonly policy: AccountPolicy;
  readonly records: Records;
  /** The portals' own time, which the control port can move. */
  readonly clock: Clock;
  /** Time as everybody has it: one-time codes follow it, as the device that makes them knows of no move. */
  readonly commonClock: Clock;
  /** Aborts when the portals close; a slow page then stops waiting. */
  readonly closing: AbortSignal;
}

export const nowMs = (portal: Pick<Portal, 'clock'>): number => portal.clock.now().getTime();
