import {
  credentialReference,
  formatReference,
  type NewPlace,
  parseReference,
  type SecretReference,
  type SecretStore,
  type SecretTags,
  type StoredSecret,
} from '@rcm/credentials';
import { canonicalFingerprint, compareTexts, rowFingerprint } from '@rcm/credentials/legacy';
import { type EndpointRow, recordAuditEvent } from '@rcm/db';
import { claimLegacy, recordMigrated, releaseClaim } from '@rcm/db/migration';
import { hasCode, RcmError, type Secret } from '@rcm/telemetry';
import type { Migration } from '../migration.ts';
import { inPlaceWithRoom } from '../placing/in-place-with-room.ts';
import { examine, type Movable } from './examine.ts';
import { retiredRow } from './retired-row.ts';
import { checkNotRotatedElsewhere } from './rotated-elsewhere.ts';

export type Moved = 'migrated' | 'already';
/** `empty`: there is nothing to move. `taken`: another migrator is at it. */
export type MovedOrNot = Moved | 'empty' | 'taken';

/** Longer than a write, a read and all their repeats take. */
export const CLAIM_MS = 180_000;
/** Whoever died on another machine is waited for so long, and whoever lives for no longer. */
const WAIT_MS = CLAIM_MS + 30_000;
const LOOK_MS = 1_000;

/** Who creates a secret, and why, for the audit trail. */
export interface Why {
  readonly actor: string;
  readonly reason: string;
}
const MIGRATION: Why = { actor: 'migrator', reason: 'migration' };

/**
 * Moves one credential: read, create, read back, compare, record. Safe to repeat after a crash between any two of these: a secret
 * that is there already is adopted if it is what the row says. `already`: another migrator recorded it first. Fails with
 * `payload_invalid`, `payload_too_large`, `store_conflict` (another payload lies there, or something else was read back), `row_edited`
 * (the row changed meanwhile; it is not recorded), `state_conflict` (the account was rotated under another endpoint), `endpoint_retired`, `store_*`, `database_*`.
 */
export async function migrateEndpoint(migration: Migration, endpoint: EndpointRow): Promise<MovedOrNot> {
  return (await moveOnceClaimed(migration, endpoint)).end;
}

/** The same, once the migrator that is at it has done it or is gone. Fails with `lease_unavailable`, too, where that takes longer than any move. */
export async function migrateAfterOthers(migration: Migration, endpoint: EndpointRow): Promise<MovedOrNot> {
  const { clock, stopping } = migration;
  for (const until = clock.elapsed() + WAIT_MS; ;) {
    const { end, by } = await moveOnceClaimed(migration, endpoint);
    if (end !== 'taken') return end;
    if (clock.elapsed() >= until) {
      throw new RcmError(
        'lease_unavailable',
        `Another migrator is still at it (${by}), and nothing was written by this one. Run apply again once that one has ended.`,
      );
    }
    await clock.sleep(LOOK_MS, stopping);
  }
}

async function moveOnceClaimed(migration: Migration, endpoint: EndpointRow): Promise<{ readonly end: MovedOrNot; readonly by?: string }> {
  const { db, patience, holder } = migration;
  const claim = { endpointId: endpoint.id, orgId: endpoint.orgId, holder };
  // Not what the list of endpoints said, which may be minutes old: what is put into the store is what agents use from then on.
  const claimed = await patience(null, () => claimLegacy(db, { ...claim, ttlMs: CLAIM_MS }));
  if (claimed.is === 'gone') throw new RcmError('endpoint_unknown', `There is no endpoint ${endpoint.id} any more.`);
  if (claimed.is === 'moved') return { end: 'already' };
  if (claimed.is === 'taken') return { end: 'taken', by: claimed.by };
  try {
    return { end: await moveClaimed(migration, endpoint, claimed) };
  } finally {
    // One that is not given back ends by itself.
    await releaseClaim(db, claim).catch((error: unknown) => migration.logger.warn({ err: error }, 'the claim was not given back'));
  }
}

interface ClaimedRow {
  readonly credentials: Secret<string> | null;
  readonly retired: boolean;
}

async function moveClaimed(migration: Migration, endpoint: EndpointRow, { credentials, retired }: ClaimedRow): Promise<MovedOrNot> {
  const { db, patience, fingerprintKey } = migration;
  if (credentials === null) throw new RcmError('row_edited', 'The plaintext was removed from the row before anything was written; there is nothing to move.');
  const found = examine(endpoint, credentials, migration);
  if (!found.ok && found.empty) return 'empty';
  if (retired) throw retiredRow(endpoint);
  if (!found.ok) throw new RcmError(found.code, found.reason);
  const [name, ...otherNames] = found.names;
  if (!name) throw new RcmError('payload_invalid', 'The account has no name.');
  await checkNotRotatedElsewhere(migration, endpoint, found);
  const { reference, stored } = (await retiredSecret(migration, endpoint)) ?? (await placeSecret(migration, endpoint, found));
  const fingerprint = canonicalFingerprint(fingerprintKey, stored.text);
  if (compareTexts(fingerprintKey, { legacy: credentials, stored: stored.text }).is !== 'equal') {
    throw new RcmError(
      'store_conflict',
      'The store holds another payload under this name than the database does; nothing was changed. Say which the portal accepts (`resolve`).',
    );
  }
  const fingerprintOf = rowFingerprint(migration.fingerprintKeys, endpoint.id);
  const recorded = await patience(null, () =>
    recordMigrated(db, {
      endpointId: endpoint.id,
      orgId: endpoint.orgId,
      secretArn: formatReference(reference),
      version: stored.version,
      loginIdentity: name.id,
      identityKeyId: name.keyId,
      otherNames,
      fingerprint,
      retiredSecretArn: endpoint.retiredSecretArn,
      row: { fingerprint: fingerprintOf(credentials)[0] ?? null, fingerprintOf },
    }),
  );
  if (recorded === 'edited')
    throw new RcmError(
      'row_edited',
      'The row was edited while its secret was written: the row is as it was edited and names no secret, but the store now holds what it held before. Say which the portal accepts (`resolve`).',
    );
  return recorded === 'already' ? 'already' : 'migrated';
}

/** The secret that the row of a login that is used again is to name, wherever it lies; `null`: there is none, or it was removed. A second one beside it would leave it to nobody. */
export async function retiredSecret({ patience, pace, stores, giveUp }: Migration, { orgId, retiredSecretArn }: EndpointRow): Promise<PlacedSecret | null> {
  if (retiredSecretArn === null) return null;
  const reference = parseReference(retiredSecretArn);
  const stored = await patience(pace.reads(reference), () => stores.forTenant(orgId).read(reference, { signal: giveUp }));
  return stored === null ? null : { reference, stored };
}

/** Creates the secret, or finds the one that an earlier run left, and reads back what the store now holds. */
export async function placeSecret(migration: Migration, endpoint: EndpointRow, { text, places }: Movable, why: Why = MIGRATION): Promise<PlacedSecret> {
  return inPlaceWithRoom(migration, endpoint, places, (where) => placeIn(migration, endpoint, { where, text }, why));
}

export interface PlacedSecret {
  readonly reference: SecretReference;
  readonly stored: StoredSecret;
}

/** The same in one place. */
export async function placeIn(
  migration: Migration,
  endpoint: EndpointRow,
  { where, text }: { readonly where: NewPlace; readonly text: Secret<string> },
  { actor, reason }: Why,
): Promise<PlacedSecret> {
  const { db, patience, places, pace, giveUp } = migration;
  const store = migration.stores.forTenant(endpoint.orgId);
  const wanted = secretOf(migration, endpoint, where);
  const tags: SecretTags = { TenantId: endpoint.orgId, Environment: places.environment, PortalType: endpoint.portalTypeCode };
  await patience(null, () =>
    recordAuditEvent(db, {
      orgId: endpoint.orgId,
      actor,
      action: 'credential.create',
      subject: endpoint.id,
      reason,
      details: { store: where.store },
    }),
  );
  let full: unknown = null;
  const reference = await patience(pace.writes(wanted), () => createOrFind(store, wanted, { text, tags, signal: giveUp })).catch((error: unknown) => {
    // A store that is full says so before it looks whether the secret is there, made by a call that was not answered.
    if (!hasCode(error, 'store_full')) throw error;
    full = error;
    return wanted;
  });
  const stored = await patience(pace.reads(wanted), () => store.read(reference, { signal: giveUp }));
  if (stored !== null) return { reference: stored.reference ?? reference, stored };
  if (full instanceof Error) throw full;
  throw new RcmError('secret_missing', 'The secret could not be read back after it was written; nothing was changed in the database.');
}

/** How an endpoint's secret is called in a place. */
export const secretOf = (
  { places: { environment } }: Migration,
  { orgId, id: endpointId, accountId: portalAccountId }: EndpointRow,
  where: NewPlace,
): SecretReference => credentialReference({ ...where, environment, orgId, endpointId, portalAccountId });

export async function createOrFind(
  store: SecretStore,
  wanted: SecretReference,
  { text, tags, signal }: { readonly text: Secret<string>; readonly tags: SecretTags; readonly signal: AbortSignal },
): Promise<SecretReference> {
  try {
    return (await store.create(wanted, text, tags, { signal })).reference;
  } catch (error) {
    if (hasCode(error, 'secret_exists')) return wanted;
    throw error;
  }
}
