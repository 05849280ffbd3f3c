import { RcmError } from '@rcm/telemetry';
import type { Database, RawTransaction } from '../database.ts';
import { lockEndpointIdentity } from '../identity.ts';
import { checkMs, checkUuid } from '../input.ts';
import { writeNotification } from '../notifications/write.ts';

/** Longer than this nobody waits for a code: the portal would not either. In ms. */
export const LONGEST_CODE_WAIT_MS = 600_000;

/** Longer than this no login goes on, with whatever it waits for. In ms. */
const LONGEST_TURN_MS = 3_600_000;

/** The turn of a login that may be asked for a code. */
export interface CodeTurn {
  readonly orgId: string;
  readonly endpointId: string;
  readonly requestId: string;
  /** Under which it was taken: it ends with that lease. */
  readonly leaseId: string;
}

export interface CodeTurnRequest {
  readonly orgId: string;
  readonly endpointId: string;
  /** The caller's live lease for this endpoint. */
  readonly leaseId: string;
  /** What an answer is sealed for: the SubjectPublicKeyInfo (DER) of an RSA key of the caller's. */
  readonly publicKey: Uint8Array;
  /** How long the login may take at most, in ms: an hour at most. */
  readonly forMs: number;
  /** Whose login it is. `person`: somebody is there to answer, so that nobody's silence before keeps it. Default: `agent`. */
  readonly actor?: 'agent' | 'rotator' | 'person' | undefined;
  /** `nobody`: the login has a code that is still good, so that nobody's silence before keeps it either. Default: `somebody`. */
  readonly asks?: 'somebody' | 'nobody' | undefined;
  /** Where the portal sends its code, by keyed fingerprints of the one number or address. Default: where no message of it reaches us. */
  readonly inboxes?: readonly string[] | undefined;
}

/**
 * Takes the turn of a login before it begins: of one account's logins one at a time has a code sent, and of those at one portal type that share an inbox, so that none is answered
 * with another's. `null`: another one has it, in whatever organization. Fails with `login_not_allowed` while the login cools down as nobody answered before (`details.until`: until when), and with
 * `endpoint_unknown`, `state_conflict`, `input_invalid`, `lease_lost`, `database_unavailable`; then nothing was taken, or it ends with the lease.
 */
export async function takeCodeTurn(
  db: Database,
  { orgId, endpointId, leaseId, publicKey, forMs, actor, asks, inboxes }: CodeTurnRequest,
): Promise<CodeTurn | null> {
  checkUuid('leaseId', leaseId);
  const ms = Math.min(checkMs('forMs', forMs, 1), LONGEST_TURN_MS);
  return db.rawTransaction({ tenant: orgId }, async (tx) => {
    await lockEndpointIdentity(tx, { orgId, endpointId });
    if (actor !== 'person' && asks !== 'nobody') await heedCoolDown(tx, endpointId);
    const [row] = await tx.$queryRaw<{ held: boolean; request: string | null }[]>`
      SELECT held, request FROM rcm_take_code_turn(${endpointId}, ${leaseId}::uuid, ${publicKey}, ${ms}::integer, ${inboxes ? [...inboxes] : null}::text[])`;
    if (!row?.held) throw new RcmError('lease_lost', 'The lease on the login ran out before it could take its turn.', { details: { endpointId } });
    return row.request === null ? null : { orgId, endpointId, requestId: row.request, leaseId };
  });
}

/** Why a login that may ask a person is not tried now. */
export const NOBODY_ANSWERED = 'nobody_answered';

/** Of those who wait for a turn, too, only the first asks where nobody is there. */
async function heedCoolDown(tx: RawTransaction, endpointId: string): Promise<void> {
  const [coolDown] = await tx.$queryRaw<{ until: Date | null }[]>`SELECT rcm_code_rest(${endpointId}) AS until`;
  if (!coolDown?.until) return;
  const until = coolDown.until.toISOString();
  throw new RcmError('login_not_allowed', `Nobody answered when the login asked for its code; it asks again after ${until}. Nothing was sent.`, {
    details: { endpointId, reason: NOBODY_ANSWERED, until },
  });
}

/**
 * The page asks for the code that the portal has just sent: people are shown it from now on, and told of it in the same transaction, for `forMs` milliseconds. Once for each turn. Fails
 * with `lease_lost` where the turn or its lease is over, with `input_invalid` and `database_unavailable`.
 */
export async function askForCode(db: Database, { orgId, endpointId, requestId, leaseId }: CodeTurn, forMs: number): Promise<void> {
  if (checkMs('forMs', forMs, 1) > LONGEST_CODE_WAIT_MS) throw new RcmError('input_invalid', `A code is waited for for ${LONGEST_CODE_WAIT_MS} ms at most.`);
  await db.rawTransaction({ tenant: orgId }, async (tx) => {
    const [row] = await tx.$queryRaw<{ asked: boolean }[]>`SELECT asked FROM rcm_ask_code(${requestId}::uuid, ${leaseId}::uuid, ${forMs}::integer)`;
    if (!row?.asked)
      throw new RcmError('lease_lost', 'The lease on the login ran out before a person could be asked for its code.', { details: { endpointId } });
    await writeNotification(tx, { kind: 'code_wanted', key: requestId, orgId, endpointId, detail: `request ${requestId}` });
  });
}

/** `sealed`: the answer, which is gone from the database. `open`: nobody has answered, and somebody may yet. `over`: nobody can any more. */
export type CodeAnswer = { readonly kind: 'sealed'; readonly sealed: Uint8Array } | { readonly kind: 'open' | 'over' };

/** Takes the answer, once. */
export async function takeCode(db: Database, { orgId, requestId, leaseId }: CodeTurn): Promise<CodeAnswer> {
  const [row] = await db.rawTransaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<{ answer: Uint8Array | null; open: boolean }[]>`
      SELECT answer, is_open AS open FROM rcm_take_code(${requestId}::uuid, ${leaseId}::uuid)`,
  );
  if (row?.answer) return { kind: 'sealed', sealed: row.answer };
  return { kind: row?.open ? 'open' : 'over' };
}

/** The login has ended: the next one may take its turn, nobody is shown the request any more, and an answer that nobody took is gone. */
export async function endCodeTurn(db: Database, { orgId, requestId, leaseId }: CodeTurn): Promise<void> {
  await db.rawTransaction({ tenant: orgId }, (tx) => tx.$queryRaw`SELECT rcm_end_code_turn(${requestId}::uuid, ${leaseId}::uuid)::text`);
}
