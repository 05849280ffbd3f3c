import { randomUUID } from 'node:crypto';
import { Prisma } from '../generated/client.ts';
import { byIndex } from '../by-index.ts';
import type { Database, Transaction } from '../database.ts';
import { checkLimit, checkUuid } from '../input.ts';
import { attemptOf, type RotationAttempt } from './attempt.ts';

/** An attempt leaves its copy for so long: the portal may yet turn out to have made its change. */
const KEPT_DAYS = 30;
/**
 * Secrets Manager allows 20 labels a secret, and three are its own: of more copies than this of one secret some go early, those that
 * never went to a portal first, then the oldest. The other stores have no such limit.
 */
const KEPT_COPIES = 12;

/**
 * Ended attempts whose staged copy may go from the store: a month old, or more than their store has room for; and only where the copy is not what the portal
 * holds: the login was accepted with what is current after the attempt had ended, or the copy was never sent and refused. From another id on each time, so that
 * those which cannot be removed, of a tenant that has left for one, hold up no other.
 */
export async function listCopiesToRemove(db: Database, { limit }: { readonly limit: number }): Promise<RotationAttempt[]> {
  return byIndex(db, 'every tenant', async (tx) => {
    const [most, start] = [checkLimit(limit), randomUUID()];
    const ids = await idsOfCopies(tx, Prisma.sql`l.id >= ${start}::uuid`, most);
    if (ids.length < most) ids.push(...(await idsOfCopies(tx, Prisma.sql`l.id < ${start}::uuid`, most - ids.length)));
    const rows = await tx.rotationAttempt.findMany({ where: { id: { in: ids.map(({ id }) => id) } } });
    return rows.map(attemptOf);
  });
}

const idsOfCopies = (tx: Transaction, where: Prisma.Sql, limit: number): Promise<{ id: string }[]> => tx.$queryRaw<{ id: string }[]>`
  SELECT l.id::text FROM rotation_attempt l
   WHERE l.state = 'abandoned' AND l.copy_removed_at IS NULL AND ${where}
     AND (l.ended_at < now() - make_interval(days => ${KEPT_DAYS}::int) OR (l.secret_arn LIKE 'arn:%:secretsmanager:%' AND ${KEPT_COPIES}::int <= (
       SELECT count(*) FROM rotation_attempt o WHERE o.org_id = l.org_id AND o.secret_arn = l.secret_arn AND o.state = 'abandoned' AND o.copy_removed_at IS NULL
          AND (o.submit_deadline_at IS NOT NULL, o.ended_at, o.id) > (l.submit_deadline_at IS NOT NULL, l.ended_at, l.id))))
     AND (${ACCEPTED_SINCE} OR ${UNSENT_AND_REFUSED})
   ORDER BY l.id LIMIT ${limit}`;

/**
 * A login of the attempt `l` with what is current was accepted after it had ended. What a rotation promoted was proved as its staged copy. Other
 * secrets of the same login count their versions from one as well.
 */
const ACCEPTED_SINCE = Prisma.sql`EXISTS (
  SELECT FROM login_attempt ok JOIN integration_endpoint e ON e.org_id = l.org_id AND e.id = l.endpoint_id
    JOIN integration_endpoint tried ON tried.org_id = ok.org_id AND tried.id = ok.endpoint_id
   WHERE tried.org_id = e.org_id AND tried.secret_arn = e.secret_arn AND ok.started_at >= coalesce(tried.secret_taken_at, '-infinity') AND ok.login_identity = l.login_identity AND ok.proved AND ok.started_at > l.ended_at
     AND (ok.begun_no < l.ended_no) IS NOT TRUE
     AND (ok.version = e.current_version OR (ok.version LIKE 'staged:%' AND EXISTS (SELECT FROM rotation_attempt r
          WHERE r.login_identity = ok.login_identity AND r.promoted_version = e.current_version AND 'staged:' || r.id::text = ok.version))))`;

/**
 * Of a login that nobody mends, which is never accepted and leaves a copy a day: a password that the attempt `l` made itself and never let out, and that the portal
 * refused after its end, while it let others in. The journal alone is no proof: a database that failed over may have lost that it was submitted. The password of a
 * rollback is an old one, a person's word is about one that was typed, and what was found after a restore may have been submitted.
 */
const UNSENT_AND_REFUSED = Prisma.sql`(l.submit_deadline_at IS NULL AND l.found IS NULL AND l.reason IN ('due', 'demand', 'compromise') AND EXISTS (
  SELECT FROM login_attempt no WHERE no.login_identity = l.login_identity AND no.version = 'staged:' || l.id::text AND no.effect = 'bad' AND no.started_at > l.ended_at
     AND (no.begun_no < l.ended_no) IS NOT TRUE))`;

/**
 * The organization's rotations of this account whose copies lie beside another secret than this one, the newest first: a person may have moved
 * the account from one secret to the other while its password was being changed.
 */
export async function listCopiesElsewhere(
  db: Database,
  { orgId, loginIdentity, secretArn, limit }: { readonly orgId: string; readonly loginIdentity: string; readonly secretArn: string; readonly limit: number },
): Promise<RotationAttempt[]> {
  const rows = await db.transaction({ tenant: orgId }, (tx) =>
    tx.rotationAttempt.findMany({
      where: { orgId, loginIdentity, secretArn: { not: secretArn }, copyRemovedAt: null },
      orderBy: [{ createdAt: 'desc' }, { id: 'asc' }],
      take: checkLimit(limit),
    }),
  );
  return rows.map(attemptOf);
}

/** Whether that still holds, asked under the exclusive lease, right before the copy goes. `currentVersion`: what the store holds. */
export async function mayRemoveCopy(
  db: Database,
  asked: { readonly attemptId: string; readonly orgId: string; readonly currentVersion: string },
): Promise<boolean> {
  const { attemptId, orgId, currentVersion } = asked;
  const [row] = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<{ may: boolean }[]>`
      SELECT EXISTS (SELECT FROM rotation_attempt l JOIN integration_endpoint own ON own.org_id = l.org_id AND own.id = l.endpoint_id
                      WHERE l.id = ${checkUuid('attemptId', attemptId)}::uuid AND l.ended_at IS NOT NULL AND own.current_version = ${currentVersion}
                        AND (${ACCEPTED_SINCE} OR ${UNSENT_AND_REFUSED})) AS may`,
  );
  return row?.may ?? false;
}

/** Notes that the copy is gone; safe to repeat. */
export async function noteCopyRemoved(db: Database, { attemptId, orgId }: { readonly attemptId: string; readonly orgId: string }): Promise<void> {
  checkUuid('attemptId', attemptId);
  await db.transaction(
    { tenant: orgId },
    (tx) => tx.$executeRaw`UPDATE rotation_attempt SET copy_removed_at = clock_timestamp() WHERE id = ${attemptId}::uuid AND copy_removed_at IS NULL`,
  );
}

/** The copy is put into the store again, out of a backup: what was noted holds no more, and it goes as any other. Safe to repeat. */
export async function noteCopyBack(db: Database, { attemptId, orgId }: { readonly attemptId: string; readonly orgId: string }): Promise<void> {
  checkUuid('attemptId', attemptId);
  await db.transaction(
    { tenant: orgId },
    (tx) => tx.$executeRaw`UPDATE rotation_attempt SET copy_removed_at = NULL WHERE id = ${attemptId}::uuid AND copy_removed_at IS NOT NULL`,
  );
}
