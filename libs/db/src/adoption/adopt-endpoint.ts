import { hasEnded, RcmError, Secret } from '@rcm/telemetry';
import { writeAuditEvent } from '../audit/record.ts';
import type { Database, Transaction } from '../database.ts';
import { type PersonalChange, sayWhy } from '../endpoints/seed.ts';
import { checkId } from '../input.ts';
import { type FoundEndpoint, type SourceRowState, sourceRowState, type WantedPlace } from './source-row-state.ts';

/** Keyed fingerprints of what an endpoint has from a row, `<key id>:<hex>`, the current key's first: where it lies, and its whole `config`. */
export type PrintOf = (content: { readonly sourceId: string; readonly baseUrl: string; readonly config: Secret<string> }) => readonly string[];

/** An endpoint as a row of a source would have it. */
export interface WantedEndpoint extends WantedPlace {
  readonly source: string;
  /** What the source calls it. */
  readonly sourceId: string;
  readonly sourceChanged: string | null;
  /** What it is called here, if it is new. */
  readonly endpointId: string;
  readonly baseUrl: string;
  /** JSON text of an object, as Postgres takes it. */
  readonly config: Secret<string>;
}

export interface AdoptEndpoint extends WantedEndpoint, PersonalChange {
  readonly printOf: PrintOf;
  /** The process that adopts, by its `processName`. */
  readonly holder: string;
}

/** `taken`: its id is another endpoint's. `account_taken`: its organization has this account already. `claimed`: a migrator is moving it at this moment. */
export type Adopted = { readonly is: 'added' | 'taken' | 'account_taken' | 'claimed' | SourceRowState; readonly endpointId: string };

/**
 * Makes a source's row an endpoint with plaintext in its `config`, or lets the endpoint that it is follow it, in one transaction with its audit event. Decided on the row
 * as it is, locked, and never while a migrator has claimed it: what a person typed into it, what lies in the store and what is on its way there stays. Safe to repeat and to run
 * twice at once. Fails with `input_invalid`, `database_*`.
 */
export async function adoptEndpoint(db: Database, wanted: AdoptEndpoint): Promise<Adopted> {
  for (const [name, id] of Object.entries({ source: wanted.source, endpoint: wanted.endpointId, account: wanted.accountId })) checkId(name, id);
  return db.transaction({ tenant: wanted.orgId }, async (tx) => {
    await sayWhy(tx, wanted);
    const known = (await isAdopted(tx, wanted)) ?? (await add(tx, wanted));
    return typeof known === 'string' ? follow(tx, wanted, known) : known;
  });
}

/** Which endpoint it is; `null`: none of this organization. */
async function isAdopted(tx: Transaction, { source, sourceId, orgId }: WantedEndpoint): Promise<string | null> {
  const [row] = await tx.$queryRaw<{ endpointId: string }[]>`
    SELECT endpoint_id AS "endpointId" FROM adopted_id WHERE source = ${source} AND kind = 'endpoint' AND source_id = ${sourceId} AND org_id = ${orgId}`;
  return row?.endpointId ?? null;
}

/** An id of an endpoint: somebody else has added it in this moment. */
async function add(tx: Transaction, wanted: AdoptEndpoint): Promise<Adopted | string> {
  const { endpointId, orgId, portalTypeCode, accountId, baseUrl } = wanted;
  const added = await tx.$executeRaw`
    INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url) VALUES (${endpointId}, ${orgId}, ${portalTypeCode}, ${accountId}, ${baseUrl})
    ON CONFLICT DO NOTHING`;
  if (added === 0) {
    const now = await isAdopted(tx, wanted);
    if (now !== null) return now;
    const [account] = await tx.$queryRaw<object[]>`
      SELECT 1 FROM integration_endpoint WHERE org_id = ${orgId} AND portal_type_code = ${portalTypeCode} AND account_id = ${accountId} AND id <> ${endpointId}`;
    return { is: account ? 'account_taken' : 'taken', endpointId };
  }
  // By a second statement: when a CHECK refuses a row, Postgres quotes all of it.
  await writeContent(tx, wanted, endpointId);
  await tx.$executeRaw`
    INSERT INTO adopted_id (source, kind, source_id, org_id, endpoint_id, fingerprint, source_changed)
    VALUES (${wanted.source}, 'endpoint', ${wanted.sourceId}, ${orgId}, ${endpointId}, ${printsOf(wanted)[0] ?? null}, ${wanted.sourceChanged})`;
  await tell(tx, wanted, endpointId, 'added');
  return { is: 'added', endpointId };
}

async function follow(tx: Transaction, wanted: AdoptEndpoint, endpointId: string): Promise<Adopted> {
  const { orgId, holder, baseUrl } = wanted;
  // First, as whoever moves a login does: from here on none begins before this has ended.
  const free = await takeItsTurn(tx, { endpointId, orgId, holder });
  const is = sourceRowState(await lockFound(tx, wanted, endpointId), { ...wanted, prints: printsOf(wanted) });
  if (is === 'take' && !free) return { is: 'claimed', endpointId };
  if (is === 'take') {
    // Of what is no secret: where it lies may only be changed by a function, which tells of it.
    await tx.$executeRaw`SELECT rcm_readdress_adopted(${endpointId}, ${baseUrl}) FROM integration_endpoint WHERE id = ${endpointId} AND base_url <> ${baseUrl}`;
    await writeContent(tx, wanted, endpointId);
    await tell(tx, wanted, endpointId, 'changed');
  }
  if (is === 'take' || is === 'note') await record(tx, wanted);
  if (free) await tx.$executeRaw`DELETE FROM migration_claim WHERE endpoint_id = ${endpointId} AND org_id = ${orgId} AND holder = ${holder}`;
  return { is, endpointId };
}

/** A claim for as long as this transaction lasts: one who asks for it meanwhile waits, and then reads what is there by then. */
async function takeItsTurn(
  tx: Transaction,
  { endpointId, orgId, holder }: { readonly endpointId: string; readonly orgId: string; readonly holder: string },
): Promise<boolean> {
  const [held] = await tx.$queryRaw<{ holder: string }[]>`SELECT holder FROM migration_claim WHERE endpoint_id = ${endpointId} AND org_id = ${orgId}`;
  const ended = held && hasEnded(held.holder) ? held.holder : null;
  const taken = await tx.$executeRaw`
    INSERT INTO migration_claim AS c (endpoint_id, org_id, holder, claimed_until) VALUES (${endpointId}, ${orgId}, ${holder}, clock_timestamp() + interval '1 min')
    ON CONFLICT (endpoint_id) DO UPDATE SET holder = excluded.holder, claimed_until = excluded.claimed_until
     WHERE c.holder = ${ended} OR c.claimed_until < clock_timestamp()`;
  return taken > 0;
}

async function lockFound(tx: Transaction, { source, sourceId, orgId, printOf }: AdoptEndpoint, endpointId: string): Promise<FoundEndpoint> {
  const [row] = await tx.$queryRaw<FoundRow[]>`
    SELECT a.source_id AS "sourceId", e.id AS "endpointId", e.org_id AS "orgId", e.portal_type_code AS "portalTypeCode", e.account_id AS "accountId", e.base_url AS "baseUrl", e.config::text AS config,
           e.secret_arn IS NOT NULL AS moved, EXISTS (SELECT FROM migration_proof p WHERE p.endpoint_id = e.id AND p.org_id = e.org_id) AS "everMoved",
           a.fingerprint AS recorded, a.source_changed AS "sourceChanged"
      FROM integration_endpoint e JOIN adopted_id a ON a.endpoint_id = e.id AND a.org_id = e.org_id
     WHERE e.id = ${endpointId} AND e.org_id = ${orgId} AND a.source = ${source} AND a.kind = 'endpoint' AND a.source_id = ${sourceId} FOR NO KEY UPDATE`;
  if (!row) throw new RcmError('endpoint_unknown', `Organization ${orgId} has no endpoint ${endpointId}.`);
  return foundEndpoint(row, printOf);
}

export interface FoundRow extends Omit<FoundEndpoint, 'now'> {
  readonly sourceId: string;
  readonly baseUrl: string;
  readonly config: string;
}

export function foundEndpoint({ sourceId, config, baseUrl, ...rest }: FoundRow, printOf: PrintOf): FoundEndpoint {
  return { ...rest, now: printOf({ sourceId, baseUrl, config: new Secret(config) }) };
}

const printsOf = ({ printOf, sourceId, baseUrl, config }: AdoptEndpoint): readonly string[] => printOf({ sourceId, baseUrl, config });

async function writeContent(tx: Transaction, { orgId, config }: AdoptEndpoint, endpointId: string): Promise<void> {
  await tx.$executeRaw`
    UPDATE integration_endpoint SET config = ${config.reveal()}::jsonb, updated_at = clock_timestamp() WHERE id = ${endpointId} AND org_id = ${orgId}`;
}

async function record(tx: Transaction, wanted: AdoptEndpoint): Promise<void> {
  await tx.$executeRaw`
    UPDATE adopted_id SET fingerprint = ${printsOf(wanted)[0] ?? null}, source_changed = ${wanted.sourceChanged}, taken_at = clock_timestamp()
     WHERE source = ${wanted.source} AND kind = 'endpoint' AND source_id = ${wanted.sourceId} AND org_id = ${wanted.orgId}`;
}

async function tell(tx: Transaction, { orgId, actor, reason, source, sourceId }: AdoptEndpoint, subject: string, took: 'added' | 'changed'): Promise<void> {
  await writeAuditEvent(tx, { orgId, actor, action: 'endpoint.adopted', subject, reason, details: { source, sourceId, took } });
}
