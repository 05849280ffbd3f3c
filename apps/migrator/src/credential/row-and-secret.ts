import { parseReference, type SecretReference, type StoredSecret } from '@rcm/credentials';
import { compareTexts } from '@rcm/credentials/legacy';
import type { EndpointRow } from '@rcm/db';
import type { HeldLease } from '@rcm/db/holding';
import { readLegacy } from '@rcm/db/migration';
import { hasCode, RcmError, type Secret } from '@rcm/telemetry';
import type { Migration } from '../migration.ts';
import { placesBegunWith } from '../placing/in-place-with-room.ts';
import { examine } from './examine.ts';
import { secretOf } from './move.ts';
import { readCurrent } from './read-current.ts';

/** What lies in a row and in the secret that is, or is to be, its own. */
export interface Pair {
  readonly reference: SecretReference;
  readonly legacy: Secret<string>;
  readonly stored: StoredSecret;
}

/** Of a row that names its secret, by whoever holds the login. Fails with `state_conflict` (the row holds nothing), `secret_missing`, `store_unavailable` (a store that is behind). */
export async function readHeld(
  migration: Migration,
  endpoint: EndpointRow,
  { secretArn, held }: { readonly secretArn: string; readonly held: HeldLease },
): Promise<Pair> {
  const read = (reference: SecretReference) => readCurrent(migration, endpoint, { reference, held });
  return readPair({ references: [parseReference(secretArn)], legacy: await inRow(migration, endpoint), read });
}

/** Of a row that names none yet, `legacy` in it. Fails as `readHeld`. */
export async function readUnnamed(migration: Migration, endpoint: EndpointRow, legacy: Secret<string> | null): Promise<Pair> {
  return readPair({ references: await firstReferences(migration, endpoint, legacy), legacy, read: (reference) => readNow(migration, endpoint, reference) });
}

/** For a person who looks, and decides later. Nobody's login is held, so it may be another a moment after. Fails as `readHeld`. */
export async function lookAtBoth(migration: Migration, endpoint: EndpointRow): Promise<Pair> {
  const legacy = await inRow(migration, endpoint);
  if (endpoint.secretArn === null) return readUnnamed(migration, endpoint, legacy);
  return readPair({ references: [parseReference(endpoint.secretArn)], legacy, read: (reference) => readNow(migration, endpoint, reference) });
}

const inRow = ({ patience, db }: Migration, { id: endpointId, orgId }: EndpointRow): Promise<Secret<string> | null> =>
  patience(null, () => readLegacy(db, { endpointId, orgId }));

const readNow = ({ patience, pace, stores, giveUp }: Migration, { orgId }: EndpointRow, reference: SecretReference): Promise<StoredSecret | null> =>
  patience(pace.reads(reference), () => stores.forTenant(orgId).read(reference, { signal: giveUp }));

/** Where the secret lies of a login that is used again, or `apply` may have made what it found to be another login, or was about to make it. */
async function firstReferences(migration: Migration, endpoint: EndpointRow, legacy: Secret<string> | null): Promise<readonly SecretReference[]> {
  const found = legacy === null ? null : examine(endpoint, legacy, migration);
  const places = await placesBegunWith(migration, endpoint, found?.ok ? found.places[0] : undefined);
  const retired = endpoint.retiredSecretArn === null ? [] : [parseReference(endpoint.retiredSecretArn)];
  return [...retired, ...places.map((place) => secretOf(migration, endpoint, place))];
}

interface PairToRead {
  readonly references: readonly SecretReference[];
  readonly legacy: Secret<string> | null;
  readonly read: (reference: SecretReference) => Promise<StoredSecret | null>;
}

async function readPair({ references, legacy, read }: PairToRead): Promise<Pair> {
  if (legacy === null) throw new RcmError('state_conflict', 'The row holds no login, so there is nothing to choose between. Nothing was changed.');
  for (const reference of references) {
    const stored = await read(reference);
    if (stored !== null) return { reference: stored.reference ?? reference, legacy, stored };
  }
  throw new RcmError('secret_missing', 'No secret lies where the row’s would, so the row is the only copy. Nothing was changed.');
}

/** A row that holds no login is not what the store holds. */
export function isOne({ fingerprintKey }: Migration, { legacy, stored }: Pick<Pair, 'legacy' | 'stored'>): boolean {
  try {
    return compareTexts(fingerprintKey, { legacy, stored: stored.text }).is === 'equal';
  } catch (error) {
    if (hasCode(error, 'payload_invalid')) return false;
    throw error;
  }
}
