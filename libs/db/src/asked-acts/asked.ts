import { type AuditEvent, writeAuditEvent, writeAuditEventForAll } from '../audit/record.ts';
import type { Transaction } from '../database.ts';
import { subjectOf } from '../admission/pause.ts';
import type { Scope } from '../scope.ts';

/** What somebody asked for, as whoever decides on it or takes it back has to know it. */
export interface Asked {
  readonly id: string;
  readonly kind: string;
  readonly choice: string | null;
  readonly minutes: number | null;
  readonly actor: string;
  readonly orgId: string | null;
  readonly endpointId: string | null;
  readonly portalTypeCode: string | null;
  readonly needsSecond: boolean;
}

/** What is of no tenant is of all. */
export const scopeOfAsked = (orgId: string | null): Scope => (orgId === null ? 'every tenant' : { tenant: orgId });

/** `null`: there is no such request in that tenant. */
export async function askedIn(tx: Transaction, { id, orgId }: { readonly id: string; readonly orgId: string | null }): Promise<Asked | null> {
  const [asked] = await tx.$queryRaw<Asked[]>`
    SELECT r.id::text, r.kind, r.choice, r.minutes, r.actor, r.org_id AS "orgId", r.endpoint_id AS "endpointId", r.portal_type_code AS "portalTypeCode", r.needs_second AS "needsSecond"
      FROM login_request r WHERE r.id = ${id}::uuid AND r.org_id IS NOT DISTINCT FROM ${orgId}::text`;
  return asked ?? null;
}

/** In the chain of its tenant, or of each that it touches. */
export async function writeAskedEvent(tx: Transaction, asked: Asked, event: Pick<AuditEvent, 'actor' | 'action' | 'reason'>, more: object = {}): Promise<void> {
  const details = {
    requestId: asked.id,
    act: asked.kind,
    ...(asked.choice ? { accept: asked.choice } : {}),
    ...(asked.minutes ? { minutes: asked.minutes } : {}),
    ...more,
  };
  if (asked.orgId !== null && asked.endpointId !== null)
    return void (await writeAuditEvent(tx, { ...event, details, orgId: asked.orgId, subject: asked.endpointId }));
  await writeAuditEventForAll(tx, asked.portalTypeCode, { ...event, details, subject: subjectOf(asked.portalTypeCode) });
}

/** The same person, whatever they call themselves behind the name that they signed in with. The table has the same rule. */
export const isSamePerson = (one: string, other: string): boolean => signedInAs(one) === signedInAs(other);
const signedInAs = (actor: string): string => actor.split(' says ', 1)[0] ?? '';
