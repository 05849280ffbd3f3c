import { RcmError } from '@rcm/telemetry';
import { writeAuditEvent } from '../audit/record.ts';
import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import { COUNTED_AT_MOST } from '../fleet/overview.ts';
import { Prisma } from '../generated/client.ts';

/**
 * Condition on endpoints `e`: nobody but the platform may still read a password of this account in plaintext, in whichever row, so that a new one locks nobody out. Of an
 * organization that said that its old readers are gone, plaintext that was not scrubbed yet is no hindrance.
 */
export const NO_OLD_READERS = Prisma.sql`
  NOT EXISTS (SELECT FROM integration_endpoint l JOIN organization lo ON lo.id = l.org_id
               WHERE l.login_identity = e.login_identity AND l.has_legacy_credentials AND lo.old_readers_gone_at IS NULL)`;

/** Whether somebody may still read a password of this login in a row. */
export async function hasOldReaders(db: Database, { loginIdentity }: { readonly loginIdentity: string }): Promise<boolean> {
  const [row] = await db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ has: boolean }[]>`SELECT NOT (${NO_OLD_READERS}) AS has FROM (SELECT ${loginIdentity}::text AS login_identity) e`,
  );
  return row?.has ?? false;
}

/**
 * Logins in the store that are not rotated because somebody may still read them in a row, COUNTED_AT_MOST at most, and how many of these are due. By the rows of accounts that
 * hold plaintext; one that nobody has named yet is of no account.
 */
export async function countHeldByOldReaders(db: Database): Promise<{ readonly held: number; readonly due: number }> {
  const [row] = await byIndex(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<{ held: number; due: number }[]>`
      SELECT count(DISTINCT secret_arn)::int AS held, (count(DISTINCT secret_arn) FILTER (WHERE due))::int AS due FROM (
        SELECT s.secret_arn, s.due
          FROM (SELECT DISTINCT l.login_identity FROM integration_endpoint l WHERE l.has_legacy_credentials AND l.login_identity IS NOT NULL) a CROSS JOIN LATERAL (
            SELECT e.secret_arn, bool_or(e.next_rotation_at <= now()) AS due FROM integration_endpoint e JOIN portal_type p ON p.code = e.portal_type_code
             WHERE e.login_identity = a.login_identity AND e.secret_arn IS NOT NULL AND p.rotation_mode = 'automatic' AND NOT (${NO_OLD_READERS}) GROUP BY 1) s
         LIMIT ${COUNTED_AT_MOST}) held`,
  );
  return row ?? { held: 0, due: 0 };
}

/**
 * A person says that nothing but the platform reads plaintext in rows any more, of one organization or (`null`) of every one that there is now: from here on their logins are
 * rotated although plaintext still lies there. Returns of how many that was news. A rollback ends it. With its audit event in one transaction.
 * Fails with `input_invalid`: there is no such organization.
 */
export async function declareOldReadersGone(
  db: Database,
  { orgId, actor, reason }: { readonly orgId: string | null; readonly actor: string; readonly reason: string },
): Promise<number> {
  return db.transaction(orgId === null ? 'every tenant' : { tenant: orgId }, async (tx) => {
    if (orgId !== null && (await tx.organization.findUnique({ where: { id: orgId }, select: { id: true } })) === null)
      throw new RcmError('input_invalid', `There is no organization ${orgId}. Nothing was changed.`);
    const declared = await tx.$queryRaw<{ id: string }[]>`
      UPDATE organization SET old_readers_gone_at = clock_timestamp() WHERE old_readers_gone_at IS NULL AND (${orgId}::text IS NULL OR id = ${orgId}) RETURNING id`;
    // In order, so that two such acts cannot wait for each other's chains.
    for (const { id } of [...declared].sort((a, b) => (a.id < b.id ? -1 : 1)))
      await writeAuditEvent(tx, { orgId: id, actor, action: 'migration.old_readers_gone', subject: 'organization', reason });
    return declared.length;
  });
}
