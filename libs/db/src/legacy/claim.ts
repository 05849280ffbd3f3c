import { hasEnded, Secret } from '@rcm/telemetry';
import type { Database } from '../database.ts';
import { checkMs } from '../input.ts';

export interface ClaimQuestion {
  readonly endpointId: string;
  readonly orgId: string;
  /** The process that asks, by its `processName`. */
  readonly holder: string;
  /** How long it is this one's, unless it is given back. */
  readonly ttlMs: number;
}

/** `moved`: the row names a secret by now. `taken`: another migrator is at it. `gone`: there is no such endpoint. */
export type Claimed =
  | { readonly is: 'mine'; readonly credentials: Secret<string> | null; readonly retired: boolean }
  | { readonly is: 'taken'; readonly by: string; readonly until: Date | null }
  | { readonly is: 'moved' }
  | { readonly is: 'gone' };

/**
 * Claims an endpoint at its turn, then reads what its row holds at this moment, in one transaction: no other migrator takes it meanwhile, and nothing
 * is read ahead. A claim ends when it is given back, when its time is over, or when its holder is known to have ended on this machine (`hasEnded`).
 */
export async function claimLegacy(db: Database, { endpointId, orgId, holder, ttlMs }: ClaimQuestion): Promise<Claimed> {
  const ms = checkMs('ttlMs', ttlMs);
  return db.transaction({ tenant: orgId }, async (tx) => {
    const [held] = await tx.$queryRaw<{ holder: string }[]>`SELECT holder FROM migration_claim WHERE endpoint_id = ${endpointId} AND org_id = ${orgId}`;
    const ended = held && hasEnded(held.holder) ? held.holder : null;
    const claimed = await tx.$executeRaw`
      INSERT INTO migration_claim AS c (endpoint_id, org_id, holder, claimed_until)
      SELECT id, org_id, ${holder}, clock_timestamp() + make_interval(secs => ${ms}::float8 / 1000)
        FROM integration_endpoint WHERE id = ${endpointId} AND org_id = ${orgId} AND secret_arn IS NULL
      ON CONFLICT (endpoint_id) DO UPDATE SET holder = excluded.holder, claimed_until = excluded.claimed_until
       WHERE c.holder = excluded.holder OR c.holder = ${ended} OR c.claimed_until < clock_timestamp()`;
    const [row] = await tx.$queryRaw<{ credentials: string | null; moved: boolean; retired: boolean; by: string | null; until: Date | null }[]>`
      SELECT (config->'credentials')::text AS credentials, secret_arn IS NOT NULL AS moved, retired_at IS NOT NULL AS retired, c.holder AS by, c.claimed_until AS until
        FROM integration_endpoint e LEFT JOIN migration_claim c ON c.endpoint_id = e.id WHERE e.id = ${endpointId} AND e.org_id = ${orgId}`;
    if (!row) return { is: 'gone' };
    if (row.moved) {
      // Whoever moved it did so between the two statements.
      if (claimed > 0) await tx.$executeRaw`DELETE FROM migration_claim WHERE endpoint_id = ${endpointId} AND org_id = ${orgId} AND holder = ${holder}`;
      return { is: 'moved' };
    }
    if (claimed === 0) return { is: 'taken', by: row.by ?? 'another migrator, which has just given it back', until: row.until };
    return { is: 'mine', credentials: row.credentials === null ? null : new Secret(row.credentials), retired: row.retired };
  });
}

/** The next migrator need not wait for its end. */
export async function releaseClaim(db: Database, { endpointId, orgId, holder }: Omit<ClaimQuestion, 'ttlMs'>): Promise<void> {
  await db.transaction(
    { tenant: orgId },
    (tx) => tx.$executeRaw`DELETE FROM migration_claim WHERE endpoint_id = ${endpointId} AND org_id = ${orgId} AND holder = ${holder}`,
  );
}
