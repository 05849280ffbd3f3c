import type { RotationAttempt as Row } from '../generated/client.ts';

export type OpenState = 'planned' | 'staged' | 'submitting' | 'applied' | 'verified' | 'promoted';
export type AttemptState = OpenState | 'waiting' | 'blocked' | 'done' | 'abandoned';

/** One try at a rotation, as its journal says. */
export interface RotationAttempt {
  readonly id: string;
  readonly loginIdentity: string;
  readonly endpointId: string;
  readonly orgId: string;
  readonly portalTypeCode: string;
  readonly state: AttemptState;
  /** Where `waiting` goes back to; where `blocked` came from. */
  readonly waitingFrom: OpenState | null;
  readonly waitingUntil: Date | null;
  /** Only who holds the lease with this fence may write. */
  readonly fence: bigint;
  readonly owner: string;
  readonly reason: string;
  readonly secretArn: string;
  /** The store's version that the attempt was planned on. */
  readonly baseVersion: string;
  readonly promotedVersion: string | null;
  readonly previousVersion: string | null;
  readonly recipeHash: string;
  /** Format of the journal; code leaves an attempt of a version it does not know alone. */
  readonly journalVersion: number;
  /** After this moment the submitted change can no longer reach the portal. */
  readonly submitDeadlineAt: Date | null;
  /** Tries to submit that did not work. */
  readonly probes: number;
  /** Rounds since the state was last `staged` or a change was last submitted in which the portal refused every password that was tried. */
  readonly guesses: number;
  readonly detail: string | null;
  /** Of a rollback: the version whose password it goes back to. */
  readonly chosenVersion: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly endedAt: Date | null;
  /** When the staged copy that an abandoned attempt left was removed from the store. */
  readonly copyRemovedAt: Date | null;
}

export const JOURNAL_VERSION = 1;

/** The schema's CHECKs make the casts true. */
export const attemptOf = (row: Row): RotationAttempt => ({ ...row, state: row.state as AttemptState, waitingFrom: row.waitingFrom as OpenState | null });
