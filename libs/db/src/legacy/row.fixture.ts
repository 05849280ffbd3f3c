import { Secret } from '@rcm/telemetry';
import type { Database } from '../database.ts';
import { identityOf } from '../testing.fixture.ts';
import type { FingerprintOf, SeenRow } from './row.ts';

/** As an app makes them, with a key that is nobody's. */
export const fingerprintOf: FingerprintOf = (credentials) => [`1:${identityOf(credentials.reveal())}`];

/** What an app that looks at the row now has seen of it. */
export async function seenRow(db: Database, endpoint: { readonly endpointId: string; readonly orgId: string }): Promise<SeenRow> {
  const [row] = await db.transaction(
    { tenant: endpoint.orgId },
    (tx) => tx.$queryRaw<{ text: string | null }[]>`SELECT (config->'credentials')::text AS text FROM integration_endpoint WHERE id = ${endpoint.endpointId}`,
  );
  const text = row?.text ?? null;
  return { fingerprint: text === null ? null : (fingerprintOf(new Secret(text))[0] ?? null), fingerprintOf };
}
