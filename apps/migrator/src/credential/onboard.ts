import { formatReference } from '@rcm/credentials';
import { canonicalFingerprint } from '@rcm/credentials/legacy';
import type { EndpointRow } from '@rcm/db';
import { recordMigrated } from '@rcm/db/migration';
import { RcmError, type Secret } from '@rcm/telemetry';
import type { Migration } from '../migration.ts';
import { examine, isIdentityOf } from './examine.ts';
import { type Moved, placeSecret, retiredSecret, type Why } from './move.ts';

/**
 * Puts a new endpoint's login straight into the store, as `migrateEndpoint` does with one that lies in the row: create, read back, compare, record. Nothing of it
 * is ever in Postgres. Of a login that is used again the secret that its row is to name is never left to nobody: it is named where it says the same. Safe to repeat with the same payload after a crash between any two of these. Fails with `payload_invalid`, `payload_too_large`,
 * `store_conflict` (another payload lies there), `state_conflict` (the row names another account's), `row_edited` (the row holds plaintext of its own, which is the
 * migration's to move), `store_*`, `database_*`.
 */
export async function onboardEndpoint(migration: Migration, endpoint: EndpointRow, payload: Secret<string>, why: Why): Promise<Moved> {
  if (endpoint.secretArn !== null) {
    // Ids may be numbers that were given out anew: what lies there is then another account's, and this one's password would be nowhere.
    if (!isIdentityOf(endpoint, payload, migration.keys))
      throw new RcmError(
        'state_conflict',
        `${endpoint.id} has another user name: if this is another login, give it an id and an account part of its own; if it is the same one, change the user name in its secret. Nothing was stored.`,
      );
    return 'already';
  }
  if (endpoint.retiredAt)
    throw new RcmError('endpoint_retired', `Endpoint ${endpoint.id} is retired. \`rcm endpoint reinstate\` takes that back. Nothing was changed.`);
  const found = examine(endpoint, payload, migration);
  if (!found.ok) throw new RcmError(found.code, found.reason);
  const [name, ...otherNames] = found.names;
  if (!name) throw new RcmError('payload_invalid', 'The account has no name.');
  if (endpoint.hasLegacyCredentials) throw new RcmError('row_edited', 'The row holds plaintext of its own: `rcm migrate apply` moves it. Nothing was changed.');
  const retired = await retiredSecret(migration, endpoint);
  const { reference, stored } = retired ?? (await placeSecret(migration, endpoint, found, why));
  const fingerprint = canonicalFingerprint(migration.fingerprintKey, stored.text);
  if (fingerprint !== canonicalFingerprint(migration.fingerprintKey, found.text))
    throw new RcmError(
      'store_conflict',
      retired
        ? `The secret that the row of ${endpoint.id} is to name again holds another payload, maybe a newer password (${formatReference(reference)}); nothing was changed. \`rcm endpoint reinstate ${endpoint.id}\` has the row name it, and \`rcm login set\` then gives it another password.`
        : 'The store holds another payload under this name already; nothing was changed. `rcm login set` gives an endpoint another password.',
    );
  const recorded = await recordMigrated(migration.db, {
    endpointId: endpoint.id,
    orgId: endpoint.orgId,
    secretArn: formatReference(reference),
    version: stored.version,
    loginIdentity: name.id,
    identityKeyId: name.keyId,
    otherNames,
    fingerprint,
    retiredSecretArn: endpoint.retiredSecretArn,
  });
  if (recorded === 'edited') throw new RcmError('row_edited', 'The row got plaintext of its own meanwhile. It names no secret; `rcm migrate apply` goes on.');
  return recorded === 'already' ? 'already' : 'migrated';
}
