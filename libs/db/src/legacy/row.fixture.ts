import type { Database } from '../database.ts';
import { identityOf } from '../testing.fixture.ts';
import { readLegacyCredentials } from './migrate.ts';
import type { FingerprintOf, SeenRow } from './row.ts';

/** As an app makes them, with a key that is nobody's. */
export const fingerprintOf: FingerprintOf = (credentials) => [`1:${identityOf(credentials.reveal())}`];

/** What an app that looks at the row now has seen of it. */
export async function seenRow(db: Database, endpoint: { readonly endpointId: string; readonly orgId: string }): Promise<SeenRow> {
  const { credentials } = await readLegacyCredentials(db, endpoint);
  return { fingerprint: credentials === null ? null : (fingerprintOf(credentials)[0] ?? null), fingerprintOf };
}
