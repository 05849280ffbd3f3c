import type { Database } from '../database.ts';
import { Prisma } from '../generated/client.ts';
import { checkId, checkLimit, timestamp } from '../input.ts';

/** One event as an operator sees it: who did what to what, when and why, without its details. */
export interface ListedEvent {
  readonly seq: number;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly reason: string;
}

export interface AuditQuestion {
  readonly orgId: string;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  /** An endpoint, mostly. */
  readonly subject?: string | undefined;
  /** How the actor's name begins: `person:`, `token:claims-service`. */
  readonly actor?: string | undefined;
  /** How the action's name begins: `login.`, `secret.set`. */
  readonly action?: string | undefined;
}

/** Behind the last event of a page. */
export interface AuditPlace {
  readonly at: string;
  readonly seq: number;
}

export interface AuditPage {
  readonly events: readonly ListedEvent[];
  readonly next: AuditPlace | null;
}

/** One organization's events, the newest first; what is read is what lies between the two times. For `rcm_operator`. Fails with `input_invalid`. */
export async function listAudit(
  db: Database,
  { question, after = null, limit }: { readonly question: AuditQuestion; readonly after?: AuditPlace | null; readonly limit: number },
): Promise<AuditPage> {
  const { orgId, from, to, subject, actor, action } = question;
  checkId('orgId', orgId);
  const most = checkLimit(limit);
  const conditions = [
    Prisma.sql`a.org_id = ${orgId}`,
    ...(from ? [Prisma.sql`a.at >= ${timestamp(from)}::timestamptz`] : []),
    ...(to ? [Prisma.sql`a.at < ${timestamp(to)}::timestamptz`] : []),
    ...(after ? [Prisma.sql`(a.at, a.seq) < (${after.at}::timestamptz, ${after.seq}::bigint)`] : []),
    ...(subject === undefined ? [] : [Prisma.sql`a.subject = ${subject}`]),
    ...(actor === undefined ? [] : [Prisma.sql`starts_with(a.actor, ${actor})`]),
    ...(action === undefined ? [] : [Prisma.sql`starts_with(a.action, ${action})`]),
  ];
  const rows = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<(Omit<ListedEvent, 'seq'> & { readonly seq: bigint; readonly key: string })[]>`
      SELECT a.seq, a.at, a.at::text AS key, a.actor, a.action, a.subject, a.reason FROM audit_event a
       WHERE ${Prisma.join(conditions, ' AND ')} ORDER BY a.at DESC, a.seq DESC LIMIT ${most + 1}`,
  );
  const page = rows.slice(0, most);
  const last = page.at(-1);
  return {
    events: page.map(({ key: _key, seq, ...event }) => ({ seq: Number(seq), ...event })),
    next: rows.length > most && last ? { at: last.key, seq: Number(last.seq) } : null,
  };
}
