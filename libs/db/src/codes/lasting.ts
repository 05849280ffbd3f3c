import { RcmError } from '@rcm/telemetry';
import type { Database } from '../database.ts';
import { checkMs, checkUuid } from '../input.ts';

/** A code that let a login in, and is good for longer. */
export interface LastingCode {
  readonly orgId: string;
  readonly endpointId: string;
  /** Of the login that it let in: the caller's, and live. */
  readonly leaseId: string;
  /** Keyed fingerprints of the code at its inbox. */
  readonly codePrints: readonly string[];
  /** Keyed fingerprints of the code at its inbox for this login. */
  readonly ownPrints: readonly string[];
  /** For how much longer it is good, in ms: 25 hours at most. */
  readonly goodMs: number;
}

/**
 * From now on a message with this code counts again, for this login alone and as long as the code is good; to every other login that shares the inbox it is one that was taken. Fails with
 * `lease_lost` and `input_invalid`, and then nothing was written.
 */
export async function noteLastingCode(db: Database, code: LastingCode): Promise<void> {
  const { orgId, endpointId, leaseId, codePrints, ownPrints } = code;
  checkUuid('leaseId', leaseId);
  const goodMs = checkMs('goodMs', code.goodMs);
  const [row] = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<{ isNoted: boolean }[]>`
      SELECT rcm_note_lasting_code(${endpointId}, ${leaseId}::uuid, ${[...codePrints]}::text[], ${[...ownPrints]}::text[],
                                   make_interval(secs => ${goodMs}::float8 / 1000)) AS "isNoted"`,
  );
  if (!row?.isNoted) throw new RcmError('lease_lost', 'The lease on the login ran out before its code was written down.', { details: { endpointId } });
}

/**
 * Whether a code that was sent after `since` is of no use to the login any more: since then the portal has refused one of its codes, to whichever process, or a person's word (a compromise, `rcm login
 * forget-device`) has ended what earlier logins were known by. By Postgres's clock, as `deviceValidity` tells it.
 */
export async function isCodeOver(
  db: Database,
  { orgId, endpointId, since }: { readonly orgId: string; readonly endpointId: string; readonly since: Date },
): Promise<boolean> {
  const [row] = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<{ isOver: boolean }[]>`
      SELECT coalesce(d.forgotten_at >= ${since}::timestamptz, false)
             OR EXISTS (SELECT FROM login_attempt a
                         WHERE a.login_identity = e.login_identity AND a.started_at >= ${since}::timestamptz AND a.outcome = 'mfa_rejected') AS "isOver"
        FROM integration_endpoint e LEFT JOIN login_device d ON d.endpoint_id = e.id AND d.org_id = e.org_id
       WHERE e.org_id = ${orgId} AND e.id = ${endpointId}`,
  );
  return row?.isOver ?? true;
}
