import { deviceReference, parseReference, placeKey, referenceKey, type SecretReference } from '@rcm/credentials';
import { type EndpointRow, recordAuditEvent } from '@rcm/db';
import { noteSecretRemoved } from '@rcm/db/admin';
import { noteUnnamedRemoved, type UnnamedSecret, unnamedSecretsOf } from '@rcm/db/migration';
import { hasCode, RcmError } from '@rcm/telemetry';
import type { Migration } from '../migration.ts';
import { secretOf, type Why } from './move.ts';
import { unnamedReference } from './relocate.ts';

/** `removed`: nothing can read it any more. `already`: that was known. `still_there`: the store gives it out. `never_had_one`: no row named one, and none lies under its name. */
type Removal = 'removed' | 'already' | 'still_there' | 'never_had_one';

export interface Looked {
  readonly outcome: Removal;
  /** What the stores give out still: its place and path. */
  readonly lies: readonly string[];
}

/**
 * Looks where a login's secrets lay that no row names: that of a retired one, and what was left where it was moved away from, or was to be moved to. Where none was ever named of a
 * retired one, it looks under its name in every place of this deployment: whoever made its first secret may have died before the row named it. Notes of each that it is
 * gone. It is read, as no store tells whether one is there without it; what was read is dropped, and the person's event comes first. Nothing is removed. Fails with
 * `state_conflict` (the login is neither retired nor was it moved), `config_invalid` (a place that this deployment has no more), `store_*`, `database_*`.
 */
export async function lookRemoved(migration: Migration, endpoint: EndpointRow, why: Why): Promise<Looked> {
  const unnamed = await unnamedSecretsOf(migration.db, { endpointId: endpoint.id, orgId: endpoint.orgId });
  const elsewhere = unnamed.filter(({ why: reason }) => reason !== 'new');
  if (endpoint.retiredAt === null && elsewhere.length === 0)
    throw new RcmError('state_conflict', `Endpoint ${endpoint.id} is not retired, and was not moved. Nothing was done.`);
  const found: Looked[] = endpoint.retiredAt === null ? [] : [await lookRetired(migration, endpoint, unnamed, why)];
  for (const secret of elsewhere) found.push(await lookUnnamed(migration, endpoint, secret, why));
  const outcome = (['still_there', 'removed', 'already'] as const).find((each) => found.some((looked) => looked.outcome === each)) ?? 'never_had_one';
  return { outcome, lies: found.flatMap(({ lies }) => lies) };
}

const ended = (outcome: Exclude<Removal, 'still_there'>): Looked => ({ outcome, lies: [] });
const stillThere = (lies: readonly SecretReference[]): Looked => ({ outcome: 'still_there', lies: lies.map(referenceKey) });

async function lookUnnamed(migration: Migration, endpoint: EndpointRow, secret: UnnamedSecret, why: Why): Promise<Looked> {
  if (secret.removedAt !== null) return ended('already');
  const { id: endpointId, orgId } = endpoint;
  const { place, secretArn } = secret;
  const reference = referenceOf(migration, endpoint, secret);
  await recordAuditEvent(migration.db, { orgId, ...why, action: 'endpoint.removal_checked', subject: endpointId, details: { place, secretArn } });
  const lies = await whatLies(migration, endpoint, reference);
  if (lies.length > 0) return stillThere(lies);
  const noted = await noteUnnamedRemoved(migration.db, { endpointId, orgId, place }, why);
  if (noted === 'named') throw new RcmError('state_conflict', `Endpoint ${endpointId} was moved meanwhile. Nothing was noted of ${place}.`);
  return ended(noted === 'already' ? 'already' : 'removed');
}

function referenceOf(migration: Migration, endpoint: EndpointRow, secret: UnnamedSecret): SecretReference {
  const reference = unnamedReference(migration, endpoint, secret);
  if (reference !== null) return reference;
  throw new RcmError('config_invalid', `A copy may lie in ${secret.place}, which is no place of this deployment (RCM_STORE_PLACES). Nothing was noted of it.`);
}

async function lookRetired(migration: Migration, endpoint: EndpointRow, unnamed: readonly UnnamedSecret[], why: Why): Promise<Looked> {
  const { id: endpointId, orgId, retiredSecretArn: secretArn } = endpoint;
  if (secretArn === null) return lookNeverNamed(migration, endpoint, unnamed, why);
  const reference = parseReference(secretArn);
  await recordAuditEvent(migration.db, { orgId, ...why, action: 'endpoint.removal_checked', subject: endpointId, details: { secretArn } });
  const lies = await whatLies(migration, endpoint, reference);
  if (lies.length > 0) return stillThere(lies);
  const noted = await noteSecretRemoved(migration.db, { endpointId, orgId, secretArn }, why);
  if (noted === 'not_retired') throw new RcmError('state_conflict', `Endpoint ${endpointId} was reinstated meanwhile. Nothing was noted.`);
  return ended(noted === 'already' ? 'already' : 'removed');
}

/** Under its name, in every place where this deployment has secrets; and where its first one was begun with, which must be one of them. */
async function lookNeverNamed(migration: Migration, endpoint: EndpointRow, unnamed: readonly UnnamedSecret[], why: Why): Promise<Looked> {
  const { db, places } = migration;
  const { id: endpointId, orgId } = endpoint;
  for (const secret of unnamed) if (secret.why === 'new') referenceOf(migration, endpoint, secret);
  const details = { places: places.all.map(placeKey) };
  await recordAuditEvent(db, { orgId, ...why, action: 'endpoint.removal_checked', subject: endpointId, details });
  const lies: SecretReference[] = [];
  for (const place of places.all) lies.push(...(await whatLies(migration, endpoint, secretOf(migration, endpoint, place))));
  return lies.length > 0 ? stillThere(lies) : ended('never_had_one');
}

/** Of a login, its copy in the second region, and what its portal knew the device by: what the stores give out still. */
async function whatLies(migration: Migration, { id, orgId }: EndpointRow, login: SecretReference): Promise<readonly SecretReference[]> {
  const { stores, copies, devices, giveUp } = migration;
  const [copy, device] = [copies?.copyOf(login) ?? null, deviceReference(login, id)];
  const call = { signal: giveUp };
  const isLoginGone = await isGone(migration, login, () => stores.forTenant(orgId).read(login, call));
  const isCopyGone = copies === null || copy === null || (await isGone(migration, copy, () => copies.readCopy(copy, call)));
  const isDeviceGone = await isGone(migration, device, () => devices.forTenant(orgId).read(device, call));
  return [...(isLoginGone ? [] : [login]), ...(isCopyGone ? [] : [copy]), ...(isDeviceGone ? [] : [device])];
}

async function isGone({ patience, pace }: Migration, reference: SecretReference, read: () => Promise<object | null>): Promise<boolean> {
  try {
    return (await patience(pace.reads(reference), read)) === null;
  } catch (error) {
    // How Secrets Manager answers for one that was deleted and may be given back for some days yet ("GetSecretValue", Errors).
    const isInItsWindow = hasCode(error, 'store_denied') && error instanceof RcmError && error.details.awsError === 'InvalidRequestException';
    if (reference.store === 'secrets-manager' && isInItsWindow) return true;
    throw error;
  }
}
