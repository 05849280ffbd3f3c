import { RcmError } from '@rcm/telemetry';
import { checkReason } from '../asked-acts/ask.ts';
import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import { checkId, checkLimit, checkUuid, jsonText } from '../input.ts';
import { writeAuditEvent } from './record.ts';

/** What was looked at, and what is wrong with it. */
export interface AuditCheckReport {
  /** From the first one on, and when the first and the last were written; `null`: there is none. */
  readonly events: number;
  readonly firstAt: string | null;
  readonly lastAt: string | null;
  /** How many heads of this organization there are, and up to which event the last of them that fits proves the chain. */
  readonly heads: number;
  readonly proven: number;
  readonly provenAt: string | null;
  /** The first of them; `unlisted`: how many there are besides. */
  readonly findings: readonly { readonly kind: string; readonly message: string }[];
  readonly unlisted: number;
}

export type AuditCheckEnd =
  { readonly outcome: 'sound' | 'unproven' | 'broken'; readonly report: AuditCheckReport } | { readonly outcome: 'failed'; readonly code: string };

/** `expired`: nobody took it. `left`: whoever took it is gone. */
export type AuditCheckState = 'waiting' | 'under way' | 'expired' | 'left' | AuditCheckEnd['outcome'];

export interface AuditCheck {
  readonly id: string;
  readonly actor: string;
  readonly reason: string;
  readonly askedAt: Date;
  readonly endedAt: Date | null;
  readonly state: AuditCheckState;
  readonly code: string | null;
  readonly report: AuditCheckReport | null;
}

/** How long one waits for whoever checks, and how long that may take, in ms. */
export const AUDIT_CHECK_MS = 15 * 60_000;

/**
 * A person asks whether their organization's chain is whole; it stands in that chain first. Fails with `input_invalid` without a reason, `state_conflict` where one waits or is
 * under way already. For `rcm_console`.
 */
export async function askAuditCheck(
  db: Database,
  { actor, ...asked }: { readonly orgId: string; readonly actor: string; readonly reason: string },
): Promise<{ readonly id: string }> {
  const [orgId, reason] = [checkId('orgId', asked.orgId), checkReason(asked.reason)];
  return db.transaction({ tenant: orgId }, async (tx) => {
    // Two who ask at once ask one after the other.
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('audit_check ' || ${orgId}, 0))`;
    const open = await tx.$queryRaw<unknown[]>`
      SELECT FROM audit_check c WHERE c.org_id = ${orgId} AND c.ended_at IS NULL AND coalesce(c.taken_at, c.asked_at) > clock_timestamp() - make_interval(secs => ${AUDIT_CHECK_MS}::float8 / 1000) LIMIT 1`;
    if (open.length > 0) throw new RcmError('state_conflict', 'A check of this chain was asked for already and has not ended. Nothing was changed.');
    const [made] = await tx.$queryRaw<{ id: string }[]>`
      INSERT INTO audit_check (org_id, actor, reason) VALUES (${orgId}, ${actor}, ${reason}) RETURNING id::text`;
    if (!made) throw new Error('a statement without a row');
    await writeAuditEvent(tx, { orgId, actor, action: 'audit.check_asked', subject: orgId, reason, details: { checkId: made.id } });
    return made;
  });
}

/** What was asked for of one organization, the newest first. For `rcm_console`. */
export async function listAuditChecks(db: Database, { orgId, limit }: { readonly orgId: string; readonly limit: number }): Promise<readonly AuditCheck[]> {
  const [tenant, most] = [checkId('orgId', orgId), checkLimit(limit)];
  return byIndex(
    db,
    { tenant },
    (tx) => tx.$queryRaw<AuditCheck[]>`
      SELECT c.id::text, c.actor, c.reason, c.asked_at AS "askedAt", c.ended_at AS "endedAt", c.code, c.report,
             CASE WHEN c.outcome IS NOT NULL THEN c.outcome
                  WHEN coalesce(c.taken_at, c.asked_at) > clock_timestamp() - make_interval(secs => ${AUDIT_CHECK_MS}::float8 / 1000)
                  THEN CASE WHEN c.taken_at IS NULL THEN 'waiting' ELSE 'under way' END
                  WHEN c.taken_at IS NULL THEN 'expired' ELSE 'left' END AS state
        FROM audit_check c WHERE c.org_id = ${tenant} ORDER BY c.asked_at DESC LIMIT ${most}`,
  );
}

/** Takes the one that waits longest, for this process alone; `null`: none waits. One whose process dies is left, and asked for again by a person. For `rcm_head_writer`. */
export async function takeAuditCheck(db: Database, { takenBy }: { readonly takenBy: string }): Promise<{ readonly id: string; readonly orgId: string } | null> {
  const [taken] = await byIndex(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<{ id: string; orgId: string }[]>`
      UPDATE audit_check c SET taken_at = clock_timestamp(), taken_by = ${takenBy}
       WHERE c.taken_at IS NULL AND c.ended_at IS NULL AND c.id = (
         SELECT w.id FROM audit_check w WHERE w.taken_at IS NULL AND w.asked_at > clock_timestamp() - make_interval(secs => ${AUDIT_CHECK_MS}::float8 / 1000)
          ORDER BY w.asked_at LIMIT 1 FOR UPDATE SKIP LOCKED)
      RETURNING c.id::text, c.org_id AS "orgId"`,
  );
  return taken ?? null;
}

/** How it ended, once; false: that was said already. For `rcm_head_writer`. */
export async function endAuditCheck(db: Database, { id, end }: { readonly id: string; readonly end: AuditCheckEnd }): Promise<boolean> {
  checkUuid('id', id);
  const code = end.outcome === 'failed' ? end.code : null;
  const report = end.outcome === 'failed' ? null : jsonText('report', end.report);
  const ended = await db.transaction(
    'every tenant',
    (tx) => tx.$executeRaw`
      UPDATE audit_check SET ended_at = clock_timestamp(), outcome = ${end.outcome}, code = ${code}, report = ${report}::jsonb WHERE id = ${id}::uuid AND ended_at IS NULL`,
  );
  return ended === 1;
}
