import type { SimProcess } from '../time/sim-process.ts';
import type { PortalEntry } from './record.ts';

/** Who stands at the portal's page. */
export interface Visitor {
  readonly by: PortalEntry['by'];
  readonly process: string;
  /** When they let it out, where that is not now. */
  readonly askedAt?: number;
}

export interface Told {
  readonly at: number;
  readonly process: SimProcess | undefined;
  readonly username: string;
  /** Which was typed. */
  readonly password: string;
  /** As the interpreter said it; `null`: nothing, as to a process that died. */
  outcome: string | null;
  /** When its process had that answer, or had given up waiting for one; `null`: not yet, or it died first. */
  endedAt: number | null;
}
