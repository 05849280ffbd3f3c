import { type Database, openDatabase } from '@rcm/db';
import { applyMigrations, insertEndpoint, upsertOrganization, upsertPortalType } from '@rcm/db/admin';
import { recordMigrated } from '@rcm/db/migration';
import { followStoreVersion } from '@rcm/db/rotation';
import { PLAIN_PORTAL_TYPE } from '@rcm/db/testing';
import { freshDatabase, startEmbeddedPostgres } from '@rcm/test-services';
import { createHash } from 'node:crypto';
import type { BenchSecret } from './secrets.ts';

/** A real Postgres whose rows name the secrets that will change: a change is told as the product tells it. */
export interface BenchDatabase extends AsyncDisposable {
  readonly db: Database;
  /** The row follows the store, and everybody who listens is told, in one transaction. */
  promote(secret: BenchSecret, versions: { readonly from: string; readonly to: string }): Promise<void>;
}

/** `secrets`: those that will change, at SSM's version 1. Rows of the others would not be looked at. */
export async function openBenchDatabase(secrets: readonly BenchSecret[]): Promise<BenchDatabase> {
  await using opened = new AsyncDisposableStack();
  const postgres = opened.adopt(await startEmbeddedPostgres(), (server) => server.stop());
  const database = await freshDatabase({ migrate: (url) => applyMigrations({ url }).then(() => undefined), server: postgres.url });
  opened.defer(() => database.drop());
  const db = opened.adopt(openDatabase({ url: database.url, applicationName: 'bench' }), (each) => each.close());
  await upsertPortalType(db, PLAIN_PORTAL_TYPE);
  for (const secret of secrets) await addRow(db, secret);
  const kept = opened.move();
  return {
    db,
    promote: async ({ endpointId, orgId, arn }, versions) => {
      if (!(await followStoreVersion(db, { endpointId, orgId, secretArn: arn, ...versions }))) throw new Error(`the row of ${endpointId} did not follow`);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function addRow(db: Database, { orgId, endpointId, arn }: BenchSecret): Promise<void> {
  const loginIdentity = createHash('sha256').update(endpointId).digest('hex');
  await upsertOrganization(db, { id: orgId, name: orgId });
  await insertEndpoint(db, { id: endpointId, orgId, portalTypeCode: PLAIN_PORTAL_TYPE.code, accountId: endpointId, baseUrl: 'https://alpine.example/' });
  await recordMigrated(db, { endpointId, orgId, secretArn: arn, version: '1', loginIdentity, fingerprint: 'none' });
}
