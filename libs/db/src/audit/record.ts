import { RcmError, hasCode } from '@rcm/telemetry';
import type { Database, RawTransaction } from '../database.ts';
import { jsonText } from '../input.ts';

export interface AuditEvent {
  readonly orgId: string;
  /** Who: `person:SOURCE:IDENTITY`, `token:SUBJECT`, `terminal:NAME`, `inbound:GATEWAY` for a message, or a process by name. */
  readonly actor: string;
  /** What, as `noun.verb`: `credential.read`, `endpoint.migrated`. */
  readonly action: string;
  /** On what, by id. */
  readonly subject: string;
  readonly reason: string;
  /** Ids, counts, versions. Never a secret, never a user name. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Written by a function of the database alone, which checks what signed the person in and that they say why; agents cannot call it. */
const isPerson = (actor: string): boolean => actor.startsWith('person:');

/** Inside a caller's transaction: the event and the act it tells of are committed together or not at all. */
export async function writeAuditEvent(tx: RawTransaction, event: AuditEvent): Promise<void> {
  const details = jsonText('details', event.details ?? {});
  if (isPerson(event.actor)) {
    await tx.$executeRaw`SELECT rcm_record_person(${event.orgId}, ${event.actor}, ${event.action}, ${event.subject}, ${event.reason}, ${details}::jsonb)`;
    return;
  }
  // Sequence, time and hashes are set by the trigger; what stands here for them is thrown away.
  await tx.$executeRaw`
    INSERT INTO audit_event (org_id, seq, at, actor, action, subject, reason, details, previous_hash, hash)
    VALUES (${event.orgId}, 0, now(), ${event.actor}, ${event.action}, ${event.subject}, ${event.reason}, ${details}::jsonb, '', '')`;
}

/**
 * The same event for every organization that has an endpoint of a portal type, or of any (`null`): what a person does to all of them
 * stands in the chain of each. Needs the scope of every tenant; in order of their ids, so that two such acts cannot wait for each other.
 */
export async function writeAuditEventForAll(tx: RawTransaction, portalTypeCode: string | null, event: Omit<AuditEvent, 'orgId'>): Promise<void> {
  const details = jsonText('details', event.details ?? {});
  if (isPerson(event.actor)) {
    await tx.$executeRaw`
      SELECT rcm_record_person(o.org_id, ${event.actor}, ${event.action}, ${event.subject}, ${event.reason}, ${details}::jsonb)
        FROM (SELECT DISTINCT e.org_id FROM integration_endpoint e WHERE ${portalTypeCode}::text IS NULL OR e.portal_type_code = ${portalTypeCode}::text ORDER BY 1) o`;
    return;
  }
  await tx.$executeRaw`
    INSERT INTO audit_event (org_id, seq, at, actor, action, subject, reason, details, previous_hash, hash)
    SELECT o.org_id, 0, now(), ${event.actor}, ${event.action}, ${event.subject}, ${event.reason}, ${details}::jsonb, '', ''
      FROM (SELECT DISTINCT e.org_id FROM integration_endpoint e WHERE ${portalTypeCode}::text IS NULL OR e.portal_type_code = ${portalTypeCode}::text ORDER BY 1) o`;
}

/**
 * Writes an audit event, before the act it tells of. Fails with `audit_unavailable` when Postgres cannot be reached: then the act must
 * not happen. The organization's chain is extended by the database under a lock of its own.
 */
export async function recordAuditEvent(db: Database, event: AuditEvent): Promise<void> {
  await unlessUnavailable(() => db.transaction({ tenant: event.orgId }, (tx) => writeAuditEvent(tx, event)));
}

async function unlessUnavailable(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (hasCode(error, 'database_unavailable', 'database_failed'))
      throw new RcmError('audit_unavailable', 'The audit event could not be written.', { cause: error });
    throw error;
  }
}

/**
 * What a person begins for every organization that has an endpoint, in the chain of each, before it begins. Fails with `audit_unavailable` as above,
 * and `input_invalid` without a reason: then it must not begin.
 */
export async function recordAuditEventForAll(db: Database, event: Omit<AuditEvent, 'orgId'>): Promise<void> {
  await unlessUnavailable(() => db.transaction('every tenant', (tx) => writeAuditEventForAll(tx, null, event)));
}

/** Checks an organization's whole chain; returns the sequence number of the first event that does not fit, `null` if all do. */
export async function findBrokenAuditEvent(db: Database, { orgId }: { readonly orgId: string }): Promise<bigint | null> {
  const rows = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<{ seq: bigint }[]>`
      SELECT seq FROM (
        SELECT a.*, lag(a.hash, 1, '') OVER w AS expected_previous, row_number() OVER w AS expected_seq
          FROM audit_event a WHERE a.org_id = ${orgId} WINDOW w AS (ORDER BY a.seq)) c
       WHERE c.previous_hash <> c.expected_previous OR c.seq <> c.expected_seq
          OR c.hash <> rcm_audit_hash(c.previous_hash, c.org_id, c.seq, c.at, c.actor, c.action, c.subject, c.reason, c.details)
       ORDER BY seq LIMIT 1`,
  );
  return rows[0]?.seq ?? null;
}
