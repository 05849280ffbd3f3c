import type { RotationAttempt as Whole } from '../generated/client.ts';

export type OpenState = 'planned' | 'staged' | 'submitting' | 'applied' | 'verified' | 'promoted';
export type AttemptState = OpenState | 'waiting' | 'blocked' | 'done' | 'abandoned';

/**
 * Why a rotation was begun: `due` by its date, `demand` of a person, `compromise` (the password is known to others), `rollback` to an earlier
 * password, `restored`: a copy was found that the journal did not know, `resolve`: a person named the password that the portal accepts.
 */
export type AttemptReason = 'due' | 'demand' | 'compromise' | 'rollback' | 'restored' | 'resolve';

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
  readonly reason: AttemptReason;
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
  readonly failedSubmits: number;
  /** Which password the portal was seen to accept, by name (`staged`, `version:…`, `copy:…`, each with `/n` where the portal cuts it); `null`: not known yet. */
  readonly found: string | null;
  /** The rule by which the portal said no to the last submit; that is no proof, but the same password is not submitted again. */
  readonly refusedRule: string | null;
  /** Since when the attempt waits without having moved. */
  readonly heldSince: Date | null;
  readonly detail: string | null;
  /** Of a rollback: the version whose password it goes back to. */
  readonly chosenVersion: string | null;
  /** The row that asked for it, where it was not begun for its date. */
  readonly requestId: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly endedAt: Date | null;
  /** When the staged copy that an abandoned attempt left was removed from the store. */
  readonly copyRemovedAt: Date | null;
}

export const JOURNAL_VERSION = 2;

type Row = Omit<Whole, 'askerAheadMs' | 'endedNo'>;

/** The schema's CHECKs make the casts true. */
export const attemptOf = (row: Row): RotationAttempt => ({
  ...row,
  state: row.state as AttemptState,
  waitingFrom: row.waitingFrom as OpenState | null,
  reason: row.reason as AttemptReason,
});
