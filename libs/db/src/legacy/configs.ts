import { RcmError, Secret } from '@rcm/telemetry';
import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import { writeAuditEvent } from '../audit/record.ts';
import { type EndpointRow, endpointRows } from '../endpoints/endpoint.ts';
import { checkLimit } from '../input.ts';
import { MIGRATOR } from './migrate.ts';
import { lastFirst, type Place, removePlaces } from './scrub.ts';
import { markScrubbed } from './storage-state.ts';

export interface EndpointConfig {
  readonly endpoint: EndpointRow;
  /** The whole `config` as JSON text. */
  readonly config: Secret<string>;
}

/** Pages through every endpoint with its `config`, by id: a login may lie under another name than `credentials`, or twice. */
export async function listConfigs(db: Database, { after, limit }: { readonly after?: string | undefined; readonly limit: number }): Promise<EndpointConfig[]> {
  return byIndex(db, 'every tenant', async (tx) => {
    const texts = await tx.$queryRaw<{ id: string; config: string }[]>`
      SELECT id, config::text AS config FROM integration_endpoint WHERE id > ${after ?? ''} ORDER BY id LIMIT ${checkLimit(limit)}`;
    const rows = await tx.integrationEndpoint.findMany({ where: { id: { in: texts.map(({ id }) => id) } } });
    const endpoints = new Map((await endpointRows(tx, rows)).map((endpoint) => [endpoint.id, endpoint]));
    return texts.flatMap(({ id, config }) => {
      const endpoint = endpoints.get(id);
      return endpoint ? [{ endpoint, config: new Secret(config) }] : [];
    });
  });
}

interface Row {
  readonly endpointId: string;
  readonly orgId: string;
}

/**
 * Copies a login that lies elsewhere in `config` to `config.credentials`, where there is none and the row names no secret; what lies elsewhere stays, for a
 * scrub to remove. The audit event is part of the transaction. `nothing`: the row is not like that.
 */
export async function gatherCredentials(
  db: Database,
  { endpointId, orgId, place }: Row & { readonly place: readonly string[] },
): Promise<'gathered' | 'nothing'> {
  return db.transaction({ tenant: orgId }, async (tx) => {
    const gathered = await tx.$executeRaw`
      UPDATE integration_endpoint SET config = jsonb_set(config, '{credentials}', config #> ${place}::text[]), updated_at = clock_timestamp()
       WHERE id = ${endpointId} AND org_id = ${orgId} AND NOT has_legacy_credentials AND secret_arn IS NULL AND config #> ${place}::text[] IS NOT NULL`;
    if (gathered === 0) return 'nothing';
    const details = { place: place.join('.') };
    await writeAuditEvent(tx, { orgId, actor: MIGRATOR, action: 'endpoint.gathered', subject: endpointId, reason: 'migration', details });
    return 'gathered';
  });
}

/** Which places of a row's `config` are to go; decided on the row as it is, locked. */
export type PlacesOf = (config: Secret<string>) => readonly Place[];

export interface ScrubElsewhere extends Row {
  /** The secret in which what is removed lies, or by which a person says that it is not needed. */
  readonly secretArn: string;
  readonly placesOf: PlacesOf;
  /** As the person wrote them; for the audit trail. */
  readonly paths: readonly string[];
  readonly actor: string;
  readonly reason: string;
}

/**
 * Removes places of `config` outside `config.credentials` from a row that still names this secret, with an audit event in the same transaction. The bytes leave the
 * disk with `rewriteStorage`. Answers how many went. Fails with `endpoint_unknown`, `state_conflict` (it names another secret, or none).
 */
export async function scrubElsewhere(db: Database, { endpointId, orgId, secretArn, placesOf, paths, actor, reason }: ScrubElsewhere): Promise<number> {
  return db.transaction({ tenant: orgId }, async (tx) => {
    const [row] = await tx.$queryRaw<{ config: string; secretArn: string | null }[]>`
      SELECT config::text AS config, secret_arn AS "secretArn" FROM integration_endpoint WHERE id = ${endpointId} AND org_id = ${orgId} FOR NO KEY UPDATE`;
    if (!row) throw new RcmError('endpoint_unknown', `Organization ${orgId} has no endpoint ${endpointId}.`);
    if (row.secretArn !== secretArn) throw new RcmError('state_conflict', 'The row names another secret by now; nothing was removed.');
    const places = lastFirst(placesOf(new Secret(row.config)).filter(([first]) => first !== undefined && first !== 'credentials'));
    if (places.length === 0) return 0;
    // Before the audit's lock, in the order in which a finished rewrite takes the two.
    await markScrubbed(tx, orgId);
    await writeAuditEvent(tx, {
      orgId,
      actor,
      action: 'endpoint.scrubbed',
      subject: endpointId,
      reason,
      details: { paths: [...paths], places: places.length },
    });
    await removePlaces(tx, { endpointId, orgId, places });
    return places.length;
  });
}
