import type { RawTransaction } from '../database.ts';
import type { AttemptState, OpenState } from './attempt.ts';

/** What every organization that has a login may know of the rotation that is open for it. */
export interface OpenRotation {
  readonly state: AttemptState;
  readonly waitingFrom: OpenState | null;
  /** Whether it is of the transaction's tenant. */
  readonly mine: boolean;
}

/** The login's open rotation, whichever organization's; `null`: there is none, or the tenant does not have the login. */
export async function openRotation(tx: RawTransaction, loginIdentity: string): Promise<OpenRotation | null> {
  const [open] = await tx.$queryRaw<OpenRotation[]>`SELECT state, waiting_from AS "waitingFrom", mine FROM rcm_open_rotation(${loginIdentity})`;
  return open ?? null;
}
