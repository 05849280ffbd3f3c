import type { AccountPolicy } from './accounts/policies.ts';
import type { Clock } from './clock.ts';
import type { PortalCode } from './portal-code.ts';
import type { Records } from './records/database.ts';

/** What the pages of one portal work with. */
export interface Portal {
  readonly code: PortalCode;
  readonly policy: AccountPolicy;
  readonly records: Records;
  readonly clock: Clock;
  /** Aborts when the portals close; a slow page then stops waiting. */
  readonly closing: AbortSignal;
}

export const nowMs = (portal: Pick<Portal, 'clock'>): number => portal.clock.now().getTime();
