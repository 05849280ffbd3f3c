import { createHash, randomUUID } from 'node:crypto';
import { credentialReference, formatReference, generatePassword, parsePasswordRules, parsePayload, serializePayload } from '@rcm/credentials';
import { getEndpoint } from '@rcm/db';
import { insertEndpoint, upsertPortalType } from '@rcm/db/admin';
import { recordMigrated } from '@rcm/db/migration';
import { accountOf } from '@rcm/portal-access';
import { type Recipe } from '@rcm/portal-drivers';
import { Secret } from '@rcm/telemetry';
import type { EnvironmentEndpoint } from '@rcm/test-environment';
import type { OwnAccount, OwnPortal } from './own-portal.fixture.ts';
import { type Login, type RowEnvironment, SECOND } from './row-environment.fixture.ts';

const RULES = 'minlength: 12; maxlength: 64; required: lower; required: upper; required: digit; allowed: ascii-printable;';

/** A portal type for a portal of the test's own, as a person would save it who knows how it locks. */
export async function saveOwnType(row: RowEnvironment, portal: OwnPortal, of: { readonly code: string; readonly recipe: Recipe; readonly share: number }) {
  const { testEnvironment } = row;
  const known = await getEndpoint(testEnvironment.db, { orgId: testEnvironment.orgId, endpointId: 'alpine-1' });
  if (!known) throw new Error('no endpoint');
  const hosts = [portal.host];
  const { threshold, windowMs } = portal.lock;
  await upsertPortalType(testEnvironment.db, {
    ...known.portalType,
    ...{ code: of.code, name: of.code, hosts, loopbackHosts: hosts, passwordRules: RULES, recipe: of.recipe },
    ...{ lockoutCounts: 'window', lockoutThreshold: threshold, lockoutMargin: of.share },
    ...{ lockoutWindowSeconds: windowMs / SECOND, lockoutLastsSeconds: windowMs / SECOND },
  });
}

/** One account at a portal of the test's own, migrated. */
export async function addOwnLogin(row: RowEnvironment, portal: OwnPortal, code: string): Promise<{ readonly login: Login; readonly account: OwnAccount }> {
  const { testEnvironment } = row;
  const { orgId } = testEnvironment;
  const id = `${code}-${randomUUID().slice(0, 8)}`;
  const [username, password] = [`user-of-${id}`, generatePassword(parsePasswordRules(RULES)).reveal()];
  const account = portal.add(username, password);
  const place = { store: 'ssm', partition: 'aws', region: testEnvironment.aws.region, accountId: testEnvironment.aws.accountId } as const;
  const held = { environment: testEnvironment.environmentName, orgId, endpointId: id, portalAccountId: id };
  const text = serializePayload(parsePayload(new Secret(JSON.stringify({ username, password }))));
  const tags = { TenantId: orgId, Environment: testEnvironment.environmentName, PortalType: code };
  const created = await testEnvironment.stores.forTenant(orgId).create(credentialReference({ ...place, ...held }), text, tags);
  await insertEndpoint(testEnvironment.db, { id, orgId, portalTypeCode: code, accountId: id, baseUrl: `http://${portal.host}/` });
  const endpoint = await getEndpoint(testEnvironment.db, { orgId, endpointId: id });
  if (!endpoint) throw new Error('no endpoint');
  const loginIdentity = accountOf(row.rotator.keys, endpoint, parsePayload(text)).names[0]?.id ?? '';
  const secretArn = formatReference(created.reference);
  const fingerprint = createHash('sha256').update(id).digest('hex');
  await recordMigrated(testEnvironment.db, { endpointId: id, orgId, secretArn, version: created.version, loginIdentity, fingerprint });
  // Only what asks the demo portals looks at the portal of it, and nothing asks them of this one.
  const login: EnvironmentEndpoint = { id, orgId, portal: 'alpine', username, secretArn, loginIdentity };
  (testEnvironment.endpoints as EnvironmentEndpoint[]).push(login);
  return { login, account };
}
