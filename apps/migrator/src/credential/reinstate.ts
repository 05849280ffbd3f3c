import { canonicalFingerprint } from '@rcm/credentials/legacy';
import type { EndpointRow } from '@rcm/db';
import { recordMigrated } from '@rcm/db/migration';
import { RcmError } from '@rcm/telemetry';
import type { Migration } from '../migration.ts';
import { examine } from './examine.ts';
import { retiredSecret } from './move.ts';

/**
 * Has the row of an endpoint that was retired name its secret again, and the account that lies in it by the names of today. The store is only read. Safe to repeat. Fails with
 * `secret_missing` (it was removed, or the endpoint never had one), `endpoint_retired` (the retirement stands), `state_conflict` (it was moved meanwhile), `payload_invalid`, `row_edited`, `store_*`, `database_*`.
 */
export async function reinstateSecret(migration: Migration, endpoint: EndpointRow): Promise<'named' | 'already'> {
  const { retiredSecretArn } = endpoint;
  if (endpoint.secretArn !== null) return 'already';
  if (retiredSecretArn === null) throw missing(endpoint, 'never named a secret');
  const { db, fingerprintKey } = migration;
  const lies = await retiredSecret(migration, endpoint);
  if (lies === null) throw missing(endpoint, 'named a secret that is not in the store any more');
  const { stored } = lies;
  const found = examine(endpoint, stored.text, migration);
  if (!found.ok) throw new RcmError(found.code, found.reason);
  const [name, ...otherNames] = found.names;
  if (!name) throw new RcmError('payload_invalid', 'The account has no name.');
  const recorded = await recordMigrated(db, {
    endpointId: endpoint.id,
    orgId: endpoint.orgId,
    secretArn: retiredSecretArn,
    retiredSecretArn,
    version: stored.version,
    loginIdentity: name.id,
    identityKeyId: name.keyId,
    otherNames,
    fingerprint: canonicalFingerprint(fingerprintKey, stored.text),
  });
  if (recorded === 'edited') throw new RcmError('row_edited', 'The row got plaintext of its own meanwhile. It names no secret; `rcm migrate apply` goes on.');
  return recorded === 'already' ? 'already' : 'named';
}

const missing = ({ id }: EndpointRow, why: string): RcmError =>
  new RcmError('secret_missing', `Endpoint ${id} ${why}. It is not retired any more, and \`rcm endpoint add\` stores its login.`);
