import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import { Prisma } from '../generated/client.ts';
import { checkId, checkLimit, checkMs } from '../input.ts';
import type { PersonalChange } from './seed.ts';
import { usedBy } from './used-by.ts';

/**
 * `would_retire`: it was only asked. `plaintext`: the migration is not done with its row. `rotation`: one is open. `in_use`: somebody holds the login, or a task of it runs. Nothing is done then, nor where it is
 * `unknown` or retired `already`.
 */
export type Retirement = 'retired' | 'would_retire' | 'already' | 'unknown' | 'plaintext' | 'rotation' | 'in_use';

/**
 * An organization uses a login no more: its row names no secret and no account from then on, so nothing logs in, rotates or keeps alive. Tasks that wait for it end as
 * `endpoint_retired`. One transaction with the event `endpoint.retired`. The secret stays in the store, and so does everything that was written down. `dryRun`: whether it would be, and nothing is done. For `rcm_operator`. Fails with
 * `input_invalid` without a reason.
 */
export async function retireEndpoint(
  db: Database,
  endpointId: string,
  { actor, reason, dryRun = false }: PersonalChange & { readonly dryRun?: boolean },
): Promise<Retirement> {
  checkId('endpoint id', endpointId);
  const [row] = await db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ answer: Retirement }[]>`SELECT rcm_retire_endpoint(${endpointId}, ${actor}, ${reason}, ${dryRun}) AS answer`,
  );
  return row?.answer ?? 'unknown';
}

/**
 * Takes a retirement back, with the event `endpoint.reinstated` in the same transaction. The row names its secret again once the migrator has read it (`withReinstating` of the
 * migrator). For `rcm_operator`. Fails with `input_invalid` without a reason.
 */
export async function reinstateEndpoint(
  db: Database,
  endpointId: string,
  { actor, reason }: PersonalChange,
): Promise<'reinstated' | 'not_retired' | 'unknown'> {
  checkId('endpoint id', endpointId);
  const [row] = await db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ answer: 'reinstated' | 'not_retired' | 'unknown' }[]>`SELECT rcm_reinstate_endpoint(${endpointId}, ${actor}, ${reason}) AS answer`,
  );
  return row?.answer ?? 'unknown';
}

export interface RetiredEndpoint {
  readonly id: string;
  readonly orgId: string;
  readonly portalTypeCode: string;
  readonly retiredAt: Date;
  /** Where its secret lies still; `null`: its row never named one. */
  readonly secretArn: string | null;
  /** When it was noted that its store has the secret no more (`noteSecretRemoved`); `null`: as far as anybody knows it lies there. */
  readonly removedAt: Date | null;
  /** Whether a device of it was ever kept beside it. */
  readonly hasDevice: boolean;
  /** An endpoint of the organization whose row names the same secret, which is in use then; `null`: none does. */
  readonly usedBy: string | null;
}

export interface RetiredPage {
  readonly endpoints: readonly RetiredEndpoint[];
  /** How many secrets that nobody uses, of all pages, have been kept for longer than they should be; OVERDUE_AT_MOST at most. */
  readonly overdue: number;
  /** `after` of the next page; `null`: this is the last one. */
  readonly next: string | null;
}

export interface RetiredQuestion {
  readonly orgId?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
  /** For how long the secret of a retired login is kept. */
  readonly keptMs: number;
}

const OVERDUE_AT_MOST = 1_000;
const USED_BY = usedBy('e', 'retired_secret_arn');
/** A removal that was noted before the login was retired again is of another secret. */
const REMOVED_AT = Prisma.sql`CASE WHEN e.retired_secret_removed_at >= e.retired_at THEN e.retired_secret_removed_at END`;

/** A page of what is retired, of one organization or of all, by id. For `rcm_operator`. Fails with `input_invalid`. */
export async function listRetired(db: Database, { orgId, after, limit, keptMs }: RetiredQuestion): Promise<RetiredPage> {
  if (orgId !== undefined) checkId('organization id', orgId);
  const [most, kept] = [checkLimit(limit), checkMs('keptMs', keptMs)];
  const isAsked = orgId === undefined ? Prisma.sql`true` : Prisma.sql`e.org_id = ${orgId}`;
  return byIndex(db, 'every tenant', async (tx) => {
    const rows = await tx.$queryRaw<RetiredEndpoint[]>`
      SELECT e.id, e.org_id AS "orgId", e.portal_type_code AS "portalTypeCode", e.retired_at AS "retiredAt", e.retired_secret_arn AS "secretArn", ${REMOVED_AT} AS "removedAt",
             EXISTS (SELECT FROM login_device d WHERE d.endpoint_id = e.id AND d.kept_at IS NOT NULL) AS "hasDevice", ${USED_BY} AS "usedBy"
        FROM integration_endpoint e WHERE e.retired_at IS NOT NULL AND e.id > ${after ?? ''} AND ${isAsked} ORDER BY e.id LIMIT ${most + 1}`;
    const [late] = await tx.$queryRaw<{ overdue: number }[]>`
      SELECT count(*)::int AS overdue FROM (
        SELECT FROM integration_endpoint e
         WHERE e.retired_at <= now() - make_interval(secs => ${kept}::float8 / 1000) AND e.retired_secret_arn IS NOT NULL AND ${REMOVED_AT} IS NULL AND ${USED_BY} IS NULL AND ${isAsked} LIMIT ${OVERDUE_AT_MOST}) s`;
    return { endpoints: rows.slice(0, most), overdue: late?.overdue ?? 0, next: rows.length > most ? (rows[most - 1]?.id ?? null) : null };
  });
}
