import { RcmError } from '@rcm/telemetry';
import type { Database } from '../database.ts';
import { Prisma } from '../generated/client.ts';
import { checkId, checkLimit } from '../input.ts';

/** How long an organization's chain was, and with which hash it ended, at one moment of Postgres's clock. */
export interface ChainHead {
  readonly orgId: string;
  readonly count: number;
  readonly hash: string;
  /** ISO 8601 in UTC, with microseconds. */
  readonly at: string;
}

/** As it is hashed: the time and the JSON are the texts that the hash was made of. */
export interface AuditedEvent {
  readonly org_id: string;
  readonly seq: number;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly reason: string;
  readonly details: string;
  readonly previous_hash: string;
  readonly hash: string;
}

/** What has no such text (infinity, a year of five digits) was not written by the platform, and is given as Postgres writes it. */
const utcText = (time: Prisma.Sql): Prisma.Sql =>
  Prisma.sql`CASE WHEN ${time} >= '0001-01-01Z' AND ${time} < '10000-01-01Z' THEN to_char(${time} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE ${time}::text END`;

/** From one organization to the next by the index: a chain may have millions of events, and a head writer comes every few minutes. */
const ORGANIZATIONS = Prisma.sql`
  WITH RECURSIVE org (id) AS (
    (SELECT a.org_id FROM audit_event a ORDER BY a.org_id LIMIT 1)
    UNION ALL
    SELECT (SELECT a.org_id FROM audit_event a WHERE a.org_id > org.id ORDER BY a.org_id LIMIT 1) FROM org WHERE org.id IS NOT NULL
  )`;

/**
 * The end of every chain, in one statement and so at one moment; events whose transactions are open are not counted yet. Takes no lock that a writer
 * of events would wait for. A chain is numbered without gaps, so its last number is its count. For `rcm_head_writer` and `rcm_auditor`.
 */
export async function readChainHeads(db: Database): Promise<ChainHead[]> {
  const rows = await db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ orgId: string; count: bigint; hash: string; at: string }[]>`
      ${ORGANIZATIONS}
      SELECT org.id AS "orgId", last.seq AS count, last.hash, ${utcText(Prisma.sql`clock_timestamp()`)} AS at
        FROM org CROSS JOIN LATERAL (SELECT a.seq, a.hash FROM audit_event a WHERE a.org_id = org.id ORDER BY a.seq DESC LIMIT 1) last`,
  );
  return rows.map(({ count, ...row }) => ({ ...row, count: Number(count) })).sort((a, b) => (a.orgId < b.orgId ? -1 : 1));
}

/** The hash of one event of each chain that is named, by organization; without those that are not there. */
export async function readEventHashes(
  db: Database,
  events: readonly { readonly orgId: string; readonly count: number }[],
): Promise<ReadonlyMap<string, string>> {
  const [ids, counts] = [events.map(({ orgId }) => orgId), events.map(({ count }) => count)];
  const rows = await db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ orgId: string; hash: string }[]>`
      SELECT a.org_id AS "orgId", a.hash FROM unnest(${ids}::text[], ${counts}::bigint[]) w (org_id, seq) JOIN audit_event a ON a.org_id = w.org_id AND a.seq = w.seq`,
  );
  return new Map(rows.map(({ orgId, hash }) => [orgId, hash]));
}

export interface ExportOptions {
  /** Default: every organization that has events. */
  readonly orgIds?: readonly string[];
  /** Events read at once. Default 2000. */
  readonly pageSize?: number;
  readonly signal?: AbortSignal;
}

/**
 * Every event, chain by chain in the order of the organizations' ids, each by its number. A chain only grows, so pages of it that are read one
 * after the other fit together; what is appended meanwhile may be in it or not. For `rcm_auditor`. Fails with `cancelled`, `input_invalid`.
 */
export async function* exportAuditEvents(db: Database, { orgIds, pageSize = 2_000, signal }: ExportOptions = {}): AsyncGenerator<AuditedEvent[]> {
  const limit = checkLimit(pageSize);
  for (const orgId of [...new Set(orgIds ?? (await organizationsWithEvents(db)))].sort()) {
    // From below any number that a chain has: one before its first would be an insertion.
    for (let last: bigint | null = -(2n ** 63n); last !== null;) {
      if (signal?.aborted) throw new RcmError('cancelled', 'The export was cancelled.');
      const rows: PageRow[] = await readPage(db, { orgId, after: last, limit });
      if (rows.length > 0) yield rows.map((row) => ({ ...row, seq: Number(row.seq) }));
      last = rows.length < limit ? null : (rows.at(-1)?.seq ?? null);
    }
  }
}

/** The next events of one chain behind a number, in their order. For `rcm_auditor`. Fails with `input_invalid`. */
export async function readEventsAfter(
  db: Database,
  { orgId, after, limit }: { readonly orgId: string; readonly after: number; readonly limit: number },
): Promise<AuditedEvent[]> {
  const rows = await readPage(db, { orgId: checkId('orgId', orgId), after: BigInt(after), limit: checkLimit(limit) });
  return rows.map((row) => ({ ...row, seq: Number(row.seq) }));
}

async function organizationsWithEvents(db: Database): Promise<string[]> {
  const rows = await db.transaction('every tenant', (tx) => tx.$queryRaw<{ id: string }[]>`${ORGANIZATIONS} SELECT org.id FROM org WHERE org.id IS NOT NULL`);
  return rows.map(({ id }) => id);
}

type PageRow = Omit<AuditedEvent, 'seq'> & { readonly seq: bigint };

const readPage = (db: Database, { orgId, after, limit }: { readonly orgId: string; readonly after: bigint; readonly limit: number }): Promise<PageRow[]> =>
  db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<PageRow[]>`
      SELECT a.org_id, a.seq, ${utcText(Prisma.sql`a.at`)} AS at, a.actor, a.action, a.subject, a.reason, a.details::text AS details, a.previous_hash, a.hash
        FROM audit_event a WHERE a.org_id = ${orgId} AND a.seq > ${after} ORDER BY a.seq LIMIT ${limit}`,
  );
