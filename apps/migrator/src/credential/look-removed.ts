import { parseReference } from '@rcm/credentials';
import { type EndpointRow, noteSecretRemoved, recordAuditEvent } from '@rcm/db';
import { hasCode, RcmError } from '@rcm/telemetry';
import type { Migration } from '../migration.ts';
import type { Why } from './move.ts';

/** `removed`: nothing can read it any more. `already`: that was known. `still_there`: the store gives it out. `never_had_one`: there is nothing to remove. */
export type Removal = 'removed' | 'already' | 'still_there' | 'never_had_one';

/**
 * Looks where the secret of a retired login lay, and notes that it is gone. It is read, as no store tells whether one is there without it; what was read is
 * dropped, and the person's event comes first. Nothing is removed. Fails with `state_conflict` (the login is not retired), `store_*`, `database_*`.
 */
export async function lookRemoved(migration: Migration, endpoint: EndpointRow, why: Why): Promise<Removal> {
  const { id: endpointId, orgId, retiredAt, retiredSecretArn: secretArn } = endpoint;
  if (retiredAt === null) throw new RcmError('state_conflict', `Endpoint ${endpointId} is not retired. Nothing was done.`);
  if (secretArn === null) return 'never_had_one';
  await recordAuditEvent(migration.db, { orgId, ...why, action: 'endpoint.removal_checked', subject: endpointId, details: { secretArn } });
  if (!(await isGone(migration, orgId, secretArn))) return 'still_there';
  const noted = await noteSecretRemoved(migration.db, { endpointId, orgId, secretArn }, why);
  if (noted === 'not_retired') throw new RcmError('state_conflict', `Endpoint ${endpointId} was reinstated meanwhile. Nothing was noted.`);
  return noted === 'already' ? 'already' : 'removed';
}

async function isGone({ stores, patience, reads, giveUp }: Migration, orgId: string, secretArn: string): Promise<boolean> {
  const reference = parseReference(secretArn);
  try {
    return (await patience(reads, () => stores.forTenant(orgId).read(reference, { signal: giveUp }))) === null;
  } catch (error) {
    // How Secrets Manager answers for one that was deleted and may be given back for some days yet ("GetSecretValue", Errors).
    const isInItsWindow = hasCode(error, 'store_denied') && error instanceof RcmError && error.details['awsError'] === 'InvalidRequestException';
    if (reference.store === 'secrets-manager' && isInItsWindow) return true;
    throw error;
  }
}
