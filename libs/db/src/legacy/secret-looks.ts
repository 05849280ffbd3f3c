import { RcmError } from '@rcm/telemetry';
import type { Database, Transaction } from '../database.ts';

/** At the secret of one endpoint. */
export interface SecretLook {
  /** The highest is the newest. */
  readonly number: number;
  /** When it began, by Postgres's clock, with microseconds: a proof is as old as what it rests on. */
  readonly askedAt: string;
}

/**
 * Before the store is asked: no proof of these endpoints counts from here on, but one of this look. So nothing that the store says has to be written down in time to keep a scrub from acting on
 * what was true before, and of two that look at once the one that began last decides. An endpoint that the organization does not have is left out.
 */
export async function beginSecretLooks(
  db: Database,
  { orgId, endpointIds }: { readonly orgId: string; readonly endpointIds: readonly string[] },
): Promise<ReadonlyMap<string, SecretLook>> {
  // In the order of their ids, so that two that look at the same ones wait for each other and do not lock each other out.
  const begun = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<(SecretLook & { endpointId: string })[]>`
      INSERT INTO newest_look AS l (endpoint_id, org_id, number)
      SELECT e.id, e.org_id, 1 FROM integration_endpoint e WHERE e.id = ANY(${endpointIds}) AND e.org_id = ${orgId} ORDER BY e.id
          ON CONFLICT (endpoint_id) DO UPDATE SET number = l.number + 1
      RETURNING endpoint_id AS "endpointId", number, clock_timestamp()::text AS "askedAt"`,
  );
  return new Map(begun.map(({ endpointId, ...look }) => [endpointId, look]));
}

/** At one endpoint. Fails with `endpoint_unknown`. */
export async function beginSecretLook(db: Database, { orgId, endpointId }: { readonly orgId: string; readonly endpointId: string }): Promise<SecretLook> {
  const look = (await beginSecretLooks(db, { orgId, endpointIds: [endpointId] })).get(endpointId);
  if (!look) throw new RcmError('endpoint_unknown', `Organization ${orgId} has no endpoint ${endpointId}.`);
  return look;
}

/** The number of the newest look, and until the end of the transaction none begins; `null`: nobody has looked since looks have numbers. */
export async function lockNewestLook(tx: Transaction, { orgId, endpointId }: { readonly orgId: string; readonly endpointId: string }): Promise<number | null> {
  const [look] = await tx.$queryRaw<{ number: number }[]>`SELECT number FROM newest_look WHERE endpoint_id = ${endpointId} AND org_id = ${orgId} FOR SHARE`;
  return look?.number ?? null;
}
