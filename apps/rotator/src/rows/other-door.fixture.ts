import { createHash } from 'node:crypto';
import { credentialReference, formatReference, parsePayload, serializePayload } from '@rcm/credentials';
import { getEndpoint } from '@rcm/db';
import { insertEndpoint, upsertPortalType } from '@rcm/db/admin';
import { recordMigrated } from '@rcm/db/migration';
import { accountOf } from '@rcm/portal-access';
import { Secret } from '@rcm/telemetry';
import type { EnvironmentEndpoint } from '@rcm/test-environment';
import { type Login, type RowEnvironment } from './row-environment.fixture.ts';

/** The same account once more, as somebody migrates it who knows the portal by its other address: an endpoint and a secret of its own. */
export async function throughTheOtherDoor(row: RowEnvironment, login: Login): Promise<Login> {
  const { testEnvironment } = row;
  const baseUrl = await testEnvironment.portals.openDoor('alpine');
  const known = await getEndpoint(testEnvironment.db, { orgId: login.orgId, endpointId: login.id });
  if (!known) throw new Error('no endpoint');
  const hosts = [new URL(baseUrl).host];
  await upsertPortalType(testEnvironment.db, { ...known.portalType, code: 'alpine-app', hosts, loopbackHosts: hosts, accountRealm: 'alpine' });
  const number = testEnvironment.endpoints.filter(({ id }) => id.startsWith('alpine-app-')).length + 1;
  const [id, accountId] = [`alpine-app-${number}`, `account-${number}`];
  await insertEndpoint(testEnvironment.db, { id, orgId: login.orgId, portalTypeCode: 'alpine-app', accountId, baseUrl });
  const place = { store: 'ssm', partition: 'aws', region: testEnvironment.aws.region, accountId: testEnvironment.aws.accountId } as const;
  const reference = credentialReference({
    ...place,
    environment: testEnvironment.environmentName,
    orgId: login.orgId,
    endpointId: id,
    portalAccountId: accountId,
  });
  const { fields } = await row.open(login.id);
  const text = serializePayload(parsePayload(new Secret(JSON.stringify(fields))));
  const tags = { TenantId: login.orgId, Environment: testEnvironment.environmentName, PortalType: 'alpine-app' };
  const created = await testEnvironment.stores.forTenant(login.orgId).create(reference, text, tags);
  const endpoint = await getEndpoint(testEnvironment.db, { orgId: login.orgId, endpointId: id });
  if (!endpoint) throw new Error('no endpoint');
  const loginIdentity = accountOf(row.rotator.keys, endpoint, parsePayload(text)).names[0]?.id ?? '';
  const fingerprint = createHash('sha256').update(id).digest('hex');
  const secretArn = formatReference(created.reference);
  await recordMigrated(testEnvironment.db, { endpointId: id, orgId: login.orgId, secretArn, version: created.version, loginIdentity, fingerprint });
  const added: EnvironmentEndpoint = { ...login, id, secretArn, loginIdentity };
  (testEnvironment.endpoints as EnvironmentEndpoint[]).push(added);
  return added;
}
