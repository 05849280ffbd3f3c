import { type ErrorCode, RcmError } from '@rcm/telemetry';
import type { ModelDatabase } from './model-database.ts';
import type * as Real from './real.ts';
import type { Endpoint, Identity } from './tables.ts';

type Operations = {
  [N in keyof typeof Real as (typeof Real)[N] extends (db: Real.Database, ...rest: never[]) => Promise<unknown> ? N : never]: (typeof Real)[N];
};
export type OperationName = keyof Operations;
type Given<N extends OperationName> = Operations[N] extends (db: Real.Database, given: infer G) => Promise<unknown> ? G : undefined;
type Result<N extends OperationName> = Operations[N] extends (db: Real.Database, ...rest: never[]) => Promise<infer R> ? R : never;

/** An operation of libs/db under its own name and type, on the model that it is called with. */
export const operation = <N extends OperationName>(name: N, act: (db: ModelDatabase, given: Given<N>) => Result<N>): Operations[N] =>
  ((db: ModelDatabase, given: Given<N>) => db.transact(name, (model) => act(model, given))) as unknown as Operations[N];

export const refuse = (code: ErrorCode, message: string): never => {
  throw new RcmError(code, message);
};

/** As libs/db checks a duration. */
export function checkMs(name: string, value: number, least = 0): number {
  if (Number.isFinite(value) && value >= least && value <= 400 * 86_400_000) return Math.round(value);
  return refuse('input_invalid', `${name} must be between ${least} ms and 400 days.`);
}

/** As libs/db finds an organization's endpoint: another organization's is not there. */
export function endpointOf({ tables }: ModelDatabase, { orgId, endpointId }: { readonly orgId: string; readonly endpointId: string }): Endpoint | null {
  const endpoint = tables.endpoints.get(endpointId);
  return endpoint?.orgId === orgId ? endpoint : null;
}

/** Fails with `endpoint_unknown`, or `state_conflict` where nothing is migrated yet. */
export function identityOf(db: ModelDatabase, asked: { readonly orgId: string; readonly endpointId: string }): Identity {
  const endpoint = endpointOf(db, asked) ?? refuse('endpoint_unknown', 'The organization has no such endpoint.');
  return identityNamed(db, asked.orgId, endpoint.loginIdentity ?? refuse('state_conflict', 'The endpoint has no login identity yet.'));
}

/** Fails with `state_conflict` where there is no such identity, or the organization has no endpoint of it. */
export const identityNamed = (db: ModelDatabase, orgId: string, id: string): Identity =>
  (tenantHas(db, orgId, id) ? db.tables.identities.get(id) : null) ?? refuse('state_conflict', 'This login identity is not known to the database.');

export const tenantHas = ({ tables }: ModelDatabase, orgId: string, loginIdentity: string): boolean =>
  tables.endpoints.of(loginIdentity).some((endpoint) => endpoint.orgId === orgId);

/** The endpoints of the organization that share a secret. */
export const sharing = ({ tables }: ModelDatabase, { orgId, secretArn }: { readonly orgId: string; readonly secretArn: string | null }): Endpoint[] =>
  secretArn === null ? [] : tables.endpoints.all().filter((endpoint) => endpoint.orgId === orgId && endpoint.secretArn === secretArn);

/** Told once for each organization and key and, with `every`, each day or hour of Postgres's clock. */
export function writeNotification(
  db: ModelDatabase,
  {
    kind,
    key,
    every,
    endpointId = null,
    detail = null,
  }: { kind: string; key: string; every?: 'day' | 'hour'; endpointId?: string | null; detail?: string | null },
): void {
  const period = every === undefined ? '' : `:${db.now.toISOString().slice(0, every === 'day' ? 10 : 13)}`;
  const orgId = endpointId === null ? '' : (db.tables.endpoints.get(endpointId)?.orgId ?? '');
  const id = `${orgId} ${kind}:${key}${period}`;
  if (db.tables.notifications.get(id) === null) db.tables.notifications.put({ id, kind, endpointId, detail });
}

export const later = (...times: readonly (Date | null | undefined)[]): Date | null =>
  times.reduce<Date | null>((last, time) => (time && (last === null || time > last) ? time : last), null);
