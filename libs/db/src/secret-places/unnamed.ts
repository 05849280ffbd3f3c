import { byIndex } from '../by-index.ts';
import { writeAuditEvent } from '../audit/record.ts';
import type { Database } from '../database.ts';
import { Prisma } from '../generated/client.ts';
import { checkId, checkLimit, checkMs } from '../input.ts';
import type { PersonalChange } from '../endpoints/seed.ts';
import { usedBy } from '../endpoints/used-by.ts';

/** A secret of a login that lies, or may lie, where its row does not name it. */
export interface UnnamedSecret {
  readonly endpointId: string;
  readonly orgId: string;
  readonly place: string;
  /** `new`: the login's first one was being made there. `copy`: it was being moved there. `left`: it was moved away from there. */
  readonly why: 'new' | 'copy' | 'left';
  /** Of one that was left once, as the row named it. */
  readonly secretArn: string | null;
  readonly since: Date;
  /** When it was noted that the store has it no more; `null`: as far as anybody knows it lies there. */
  readonly removedAt: Date | null;
  /** It was moved away from there, and no login has shown yet that it is accepted where it lies now. */
  readonly unproved: boolean;
}

export interface ListedSecret extends UnnamedSecret {
  /** Whether a device of its login was ever kept, there or elsewhere. */
  readonly hasDevice: boolean;
  /** An endpoint of the organization whose row names this secret, which is in use then; `null`: none does. */
  readonly usedBy: string | null;
}

/** Where a page ended. */
export type UnnamedPlace = Pick<UnnamedSecret, 'endpointId' | 'place'>;

export interface UnnamedPage {
  readonly secrets: readonly ListedSecret[];
  /** How many, of all pages, are to be removed: left for as long as one is kept, no login is to prove the move any more, and no other names it; OVERDUE_AT_MOST at most. */
  readonly overdue: number;
  /** `after` of the next page; `null`: this is the last one. */
  readonly next: UnnamedPlace | null;
}

interface UnnamedQuestion {
  readonly orgId?: string | undefined;
  readonly after?: UnnamedPlace | undefined;
  readonly limit: number;
  /** For how long a secret that was left is kept. */
  readonly keptMs: number;
}

const OVERDUE_AT_MOST = 1_000;
const USED_BY = usedBy('u', 'secret_arn');

/** A page of those that are not known to be removed, of one organization or of all, by endpoint. For `rcm_operator`. Fails with `input_invalid`. */
export async function listUnnamedSecrets(db: Database, { orgId, after, limit, keptMs }: UnnamedQuestion): Promise<UnnamedPage> {
  if (orgId !== undefined) checkId('organization id', orgId);
  const [most, kept] = [checkLimit(limit), checkMs('keptMs', keptMs)];
  const { endpointId, place } = after ?? { endpointId: '', place: '' };
  const isAsked = orgId === undefined ? Prisma.sql`true` : Prisma.sql`u.org_id = ${orgId}`;
  return byIndex(db, 'every tenant', async (tx) => {
    const rows = await tx.$queryRaw<ListedSecret[]>`
      SELECT u.endpoint_id AS "endpointId", u.org_id AS "orgId", u.place, u.why, u.secret_arn AS "secretArn", u.since, u.removed_at AS "removedAt", u.unproved,
             EXISTS (SELECT FROM login_device d WHERE d.endpoint_id = u.endpoint_id AND d.kept_at IS NOT NULL) AS "hasDevice", ${USED_BY} AS "usedBy"
        FROM unnamed_secret u WHERE (u.endpoint_id, u.place) > (${endpointId}, ${place}) AND u.removed_at IS NULL AND ${isAsked} ORDER BY u.endpoint_id, u.place LIMIT ${most + 1}`;
    const [late] = await tx.$queryRaw<{ overdue: number }[]>`
      SELECT count(*)::int AS overdue FROM (
        SELECT FROM unnamed_secret u
         WHERE u.why = 'left' AND NOT u.unproved AND u.removed_at IS NULL AND u.since <= now() - make_interval(secs => ${kept}::float8 / 1000) AND ${USED_BY} IS NULL AND ${isAsked} LIMIT ${OVERDUE_AT_MOST}) s`;
    const last = rows[most - 1];
    const next = rows.length > most && last ? { endpointId: last.endpointId, place: last.place } : null;
    return { secrets: rows.slice(0, most), overdue: late?.overdue ?? 0, next };
  });
}

/** Those of one login, removed ones too. For `rcm_migrator` and `rcm_operator`. */
export async function unnamedSecretsOf(
  db: Database,
  { endpointId, orgId }: { readonly endpointId: string; readonly orgId: string },
): Promise<readonly UnnamedSecret[]> {
  return db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<UnnamedSecret[]>`
      SELECT endpoint_id AS "endpointId", org_id AS "orgId", place, why, secret_arn AS "secretArn", since, removed_at AS "removedAt", unproved
        FROM unnamed_secret WHERE endpoint_id = ${endpointId} AND org_id = ${orgId} ORDER BY place`,
  );
}

/**
 * Notes that a secret that was left, or a copy that nobody names, is not in its store any more, with the event `endpoint.secret_removed`. `already`: that was known.
 * `named`: it is none of these by now; nothing was noted. For `rcm_migrator`. Fails with `input_invalid` without a reason.
 */
export async function noteUnnamedRemoved(
  db: Database,
  { endpointId, orgId, place }: Pick<UnnamedSecret, 'endpointId' | 'orgId' | 'place'>,
  { actor, reason }: PersonalChange,
): Promise<'noted' | 'already' | 'named'> {
  return db.transaction({ tenant: orgId }, async (tx) => {
    const [row] = await tx.$queryRaw<{ why: string; removed: boolean; secretArn: string | null }[]>`
      SELECT why, removed_at IS NOT NULL AS removed, secret_arn AS "secretArn" FROM unnamed_secret
       WHERE endpoint_id = ${endpointId} AND org_id = ${orgId} AND place = ${place} FOR UPDATE`;
    if (!row || row.why === 'new') return 'named';
    if (row.removed) return 'already';
    await writeAuditEvent(tx, { orgId, actor, action: 'endpoint.secret_removed', subject: endpointId, reason, details: { place, secretArn: row.secretArn } });
    if (row.why === 'left')
      await tx.$executeRaw`UPDATE unnamed_secret SET removed_at = clock_timestamp() WHERE endpoint_id = ${endpointId} AND org_id = ${orgId} AND place = ${place}`;
    else await tx.$executeRaw`DELETE FROM unnamed_secret WHERE endpoint_id = ${endpointId} AND org_id = ${orgId} AND place = ${place}`;
    return 'noted';
  });
}
