import { RcmError } from '@rcm/telemetry';
import type { RawTransaction } from './database.ts';
import { checkUuid } from './input.ts';

/** A login identity's row as it is while the caller's transaction holds its lock. `now` is Postgres's clock, read after the wait. */
export interface LockedIdentity {
  readonly id: string;
  readonly fence: bigint;
  readonly exclusiveWantedBy: string | null;
  readonly exclusiveWantedSince: Date | null;
  readonly exclusiveWantedUntil: Date | null;
  readonly exclusiveCoolDownUntil: Date | null;
  readonly lastTotpStep: bigint;
  readonly now: Date;
}

/**
 * Takes the row lock under which everything about one login happens, for the rest of the transaction. It is always the FIRST
 * lock a transaction takes, so two of them cannot deadlock. Raw SQL: the model API has no FOR UPDATE. A row lock, not an
 * advisory one: it needs no session, so it holds behind a transaction-mode pooler.
 * Every time written afterwards comes from clock_timestamp(): now() is the transaction's start and may be a whole wait old.
 * Fails with `state_conflict` where there is no such identity.
 */
export async function lockIdentity(tx: RawTransaction, loginIdentity: string): Promise<LockedIdentity> {
  const row = await lockRow(tx, loginIdentity);
  if (!row) throw new RcmError('state_conflict', 'This login identity is not known to the database.');
  return row;
}

/** `null`: there is none, or none that the tenant has. */
async function lockRow(tx: RawTransaction, loginIdentity: string): Promise<LockedIdentity | null> {
  // Beside the row itself the clock would be read before the lock was waited for; a subquery that locks is done before what is around it.
  const [row] = await tx.$queryRaw<LockedIdentity[]>`
    SELECT locked.*, clock_timestamp() AS now
      FROM (SELECT id, fence, exclusive_wanted_by AS "exclusiveWantedBy", exclusive_wanted_since AS "exclusiveWantedSince",
                   exclusive_wanted_until AS "exclusiveWantedUntil", exclusive_rest_until AS "exclusiveCoolDownUntil", last_totp_step AS "lastTotpStep"
              FROM login_identity WHERE id = ${loginIdentity} FOR UPDATE) locked`;
  return row ?? null;
}

/**
 * Locks the login of an attempt, in one statement, for who needs nothing of either. `false`: there is no such attempt, or the tenant has it not. Fails with
 * `state_conflict` where the login of the attempt went to another name while it was waited for: the attempt is there all the same, under that one.
 */
export async function lockLoginOfAttempt(tx: RawTransaction, attemptId: string): Promise<boolean> {
  const id = checkUuid('attemptId', attemptId);
  const locked = await tx.$queryRaw<unknown[]>`
    SELECT FROM login_identity WHERE id = (SELECT login_identity FROM rotation_attempt WHERE id = ${id}::uuid) FOR UPDATE`;
  if (locked.length > 0) return true;
  const seen = await tx.$queryRaw<unknown[]>`SELECT FROM rotation_attempt WHERE id = ${id}::uuid`;
  if (seen.length > 0) throw new RcmError('state_conflict', 'The login of this attempt went to another name meanwhile.');
  return false;
}

/** An endpoint follows its secret to another login now and then; nobody waits through more of that than this. */
const MOVES = 3;

/**
 * The identity of an organization's endpoint, locked. Whoever held the lock before may have moved the endpoint to another login: then that
 * one is locked. Fails with `endpoint_unknown`, or `state_conflict` where nothing is migrated yet or the endpoint moves all the time.
 */
export async function lockEndpointIdentity(
  tx: RawTransaction,
  { endpointId, orgId }: { readonly endpointId: string; readonly orgId: string },
): Promise<LockedIdentity> {
  const [endpoint] = await tx.$queryRaw<{ loginIdentity: string | null }[]>`
    SELECT login_identity AS "loginIdentity" FROM integration_endpoint WHERE id = ${endpointId} AND org_id = ${orgId}`;
  if (!endpoint) throw new RcmError('endpoint_unknown', `Organization ${orgId} has no endpoint ${endpointId}.`);
  let loginIdentity = endpoint.loginIdentity;
  for (let move = 0; move < MOVES && loginIdentity !== null; move += 1) {
    const row = await lockRow(tx, loginIdentity);
    const [after] = await tx.$queryRaw<{ loginIdentity: string | null }[]>`
      SELECT login_identity AS "loginIdentity" FROM integration_endpoint WHERE id = ${endpointId} AND org_id = ${orgId}`;
    if (row && after?.loginIdentity === loginIdentity) return row;
    loginIdentity = after?.loginIdentity ?? null;
  }
  throw new RcmError(
    'state_conflict',
    loginIdentity === null
      ? `Endpoint ${endpointId} has no login identity yet: its credential has not been migrated.`
      : `Endpoint ${endpointId} moves from login to login; try again.`,
  );
}
