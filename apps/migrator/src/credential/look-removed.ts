import { deviceReference, parseReference, type SecretReference } from '@rcm/credentials';
import { type EndpointRow, recordAuditEvent } from '@rcm/db';
import { noteSecretRemoved } from '@rcm/db/admin';
import { noteUnnamedRemoved, type UnnamedSecret, unnamedSecretsOf } from '@rcm/db/migration';
import { hasCode, RcmError } from '@rcm/telemetry';
import type { Migration } from '../migration.ts';
import type { Why } from './move.ts';
import { unnamedReference } from './relocate.ts';

/** `removed`: nothing can read it any more. `already`: that was known. `still_there`: the store gives it out. `never_had_one`: there is nothing to remove. */
export type Removal = 'removed' | 'already' | 'still_there' | 'never_had_one';

/**
 * Looks where a login's secrets lay that no row names: that of a retired one, and what was left where it was moved away from, or was to be moved to. Notes of each that it is
 * gone. It is read, as no store tells whether one is there without it; what was read is dropped, and the person's event comes first. Nothing is removed. Fails with
 * `state_conflict` (the login is neither retired nor was it moved), `config_invalid` (a place that this deployment has no more), `store_*`, `database_*`.
 */
export async function lookRemoved(migration: Migration, endpoint: EndpointRow, why: Why): Promise<Removal> {
  const unnamed = await unnamedSecretsOf(migration.db, { endpointId: endpoint.id, orgId: endpoint.orgId });
  const elsewhere = unnamed.filter(({ why: reason }) => reason !== 'new');
  if (endpoint.retiredAt === null && elsewhere.length === 0)
    throw new RcmError('state_conflict', `Endpoint ${endpoint.id} is not retired, and was not moved. Nothing was done.`);
  const found: Removal[] = endpoint.retiredAt === null ? [] : [await lookRetired(migration, endpoint, why)];
  for (const secret of elsewhere) found.push(await lookUnnamed(migration, endpoint, secret, why));
  return (['still_there', 'removed', 'already'] as const).find((outcome) => found.includes(outcome)) ?? 'never_had_one';
}

async function lookUnnamed(migration: Migration, endpoint: EndpointRow, secret: UnnamedSecret, why: Why): Promise<Removal> {
  if (secret.removedAt !== null) return 'already';
  const { id: endpointId, orgId } = endpoint;
  const { place, secretArn } = secret;
  const reference = unnamedReference(migration, endpoint, secret);
  if (reference === null)
    throw new RcmError('config_invalid', `A copy may lie in ${place}, which is no place of this deployment (RCM_STORE_PLACES). Nothing was noted of it.`);
  await recordAuditEvent(migration.db, { orgId, ...why, action: 'endpoint.removal_checked', subject: endpointId, details: { place, secretArn } });
  if (!(await areGone(migration, endpoint, reference))) return 'still_there';
  const noted = await noteUnnamedRemoved(migration.db, { endpointId, orgId, place }, why);
  if (noted === 'named') throw new RcmError('state_conflict', `Endpoint ${endpointId} was moved meanwhile. Nothing was noted of ${place}.`);
  return noted === 'already' ? 'already' : 'removed';
}

async function lookRetired(migration: Migration, endpoint: EndpointRow, why: Why): Promise<Removal> {
  const { id: endpointId, orgId, retiredSecretArn: secretArn } = endpoint;
  if (secretArn === null) return 'never_had_one';
  await recordAuditEvent(migration.db, { orgId, ...why, action: 'endpoint.removal_checked', subject: endpointId, details: { secretArn } });
  if (!(await areGone(migration, endpoint, parseReference(secretArn)))) return 'still_there';
  const noted = await noteSecretRemoved(migration.db, { endpointId, orgId, secretArn }, why);
  if (noted === 'not_retired') throw new RcmError('state_conflict', `Endpoint ${endpointId} was reinstated meanwhile. Nothing was noted.`);
  return noted === 'already' ? 'already' : 'removed';
}

/** A login, and what its portal knew the device by. */
async function areGone(migration: Migration, { id, orgId }: EndpointRow, login: SecretReference): Promise<boolean> {
  const { stores, devices, giveUp } = migration;
  const device = deviceReference(login, id);
  return (
    (await isGone(migration, login, () => stores.forTenant(orgId).read(login, { signal: giveUp }))) &&
    isGone(migration, device, () => devices.forTenant(orgId).read(device, { signal: giveUp }))
  );
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
