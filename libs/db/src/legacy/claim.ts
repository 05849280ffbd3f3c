import { Secret } from '@rcm/telemetry';
import type { Database } from '../database.ts';
import { checkMs } from '../input.ts';

export interface ClaimQuestion {
  readonly endpointId: string;
  readonly orgId: string;
  readonly holder: string;
  /** How long it is this one's, unless it is given back. */
  readonly ttlMs: number;
  /** Whoever has it: somebody who died may have, and two at one row do no harm, only the work twice. */
  readonly insist?: boolean;
}

/** `moved`: the row names a secret by now. `taken`: another migrator is at it. `gone`: there is no such endpoint. */
export type Claimed = { readonly is: 'mine'; readonly credentials: Secret<string> | null } | { readonly is: 'moved' | 'taken' | 'gone' };

/** Claims an endpoint at its turn, and reads what its row holds at this moment, in one transaction: no other migrator takes it meanwhile, and nothing is read ahead. */
export async function claimLegacy(db: Database, { endpointId, orgId, holder, ttlMs, insist = false }: ClaimQuestion): Promise<Claimed> {
  const ms = checkMs('ttlMs', ttlMs);
  return db.transaction({ tenant: orgId }, async (tx) => {
    const [row] = await tx.$queryRaw<{ credentials: string | null; moved: boolean }[]>`
      SELECT (config->'credentials')::text AS credentials, secret_arn IS NOT NULL AS moved FROM integration_endpoint WHERE id = ${endpointId} AND org_id = ${orgId}`;
    if (!row) return { is: 'gone' };
    if (row.moved) return { is: 'moved' };
    const claimed = await tx.$executeRaw`
      INSERT INTO migration_claim AS c (endpoint_id, org_id, holder, claimed_until)
      VALUES (${endpointId}, ${orgId}, ${holder}, clock_timestamp() + make_interval(secs => ${ms}::float8 / 1000))
      ON CONFLICT (endpoint_id) DO UPDATE SET holder = excluded.holder, claimed_until = excluded.claimed_until
       WHERE ${insist} OR c.holder = excluded.holder OR c.claimed_until < clock_timestamp()`;
    return claimed === 0 ? { is: 'taken' } : { is: 'mine', credentials: row.credentials === null ? null : new Secret(row.credentials) };
  });
}

/** The next migrator need not wait for its end. */
export async function releaseClaim(db: Database, { endpointId, orgId, holder }: Omit<ClaimQuestion, 'ttlMs' | 'insist'>): Promise<void> {
  await db.transaction(
    { tenant: orgId },
    (tx) => tx.$executeRaw`DELETE FROM migration_claim WHERE endpoint_id = ${endpointId} AND org_id = ${orgId} AND holder = ${holder}`,
  );
}
