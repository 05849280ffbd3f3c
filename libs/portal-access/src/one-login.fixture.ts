import { type Database, openDatabase } from '@rcm/db';
import { insertEndpoint, upsertOrganization, upsertPortalType } from '@rcm/db/admin';
import { recordMigrated } from '@rcm/db/migration';
import { ALLOWED, migrateWithLogins, urlFor } from '@rcm/db/testing';
import { freshDatabase } from '@rcm/test-services';

/** A database with one login, as an agent sees it. */
export interface OneLogin {
  readonly db: Database;
  /** Of its database, for whoever is somebody else there. */
  readonly url: string;
  readonly place: { readonly orgId: string; readonly endpointId: string };
  close(): Promise<void>;
}

export async function openOneLogin({
  loginIdentity,
  totpPeriodSeconds = 30,
}: {
  readonly loginIdentity: string;
  readonly totpPeriodSeconds?: number;
}): Promise<OneLogin> {
  const place = { orgId: 'hospital-one', endpointId: 'portal-1' };
  const { url, drop } = await freshDatabase({ migrate: migrateWithLogins });
  const owner = openDatabase({ url, applicationName: 'one-login' });
  await upsertOrganization(owner, { id: place.orgId, name: 'Hospital One' });
  await upsertPortalType(owner, {
    code: 'portal',
    name: 'Portal',
    hosts: ['portal.example'],
    driver: 'recipe',
    recipe: {},
    passwordRules: 'minlength: 8;',
    rotationMode: 'automatic',
    rotationIntervalDays: 60,
    rotationSpreadDays: 0,
    lockoutThreshold: 3,
    lockoutMargin: 1,
    lockoutWindowSeconds: 900,
    propagationDelayMs: 100,
    totpSkew: 0,
    totpPeriodSeconds,
    maxSessionsPerAccount: 1,
    maxConcurrency: 1,
    ...ALLOWED,
  });
  await insertEndpoint(owner, {
    id: place.endpointId,
    orgId: place.orgId,
    portalTypeCode: 'portal',
    accountId: 'account-1',
    baseUrl: 'https://portal.example',
  });
  const secretArn = 'arn:aws:ssm:us-east-1:123456789012:parameter/rcm/test/hospital-one/endpoints/portal-1/account-1';
  await recordMigrated(owner, { ...place, secretArn, version: '1', loginIdentity, fingerprint: 'f' });
  await owner.close();
  const db = openDatabase({ url: urlFor('rcm_agent', url), applicationName: 'one-login', role: 'rcm_agent' });
  // The first connection takes its time, which is not the matter of the tests.
  await db.ping();
  return {
    db,
    url,
    place,
    async close() {
      await db.close();
      await drop();
    },
  };
}
