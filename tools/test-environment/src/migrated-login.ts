import {
  credentialReference,
  formatReference,
  generatePassword,
  type IdentityKeys,
  loginIdentity,
  type NewPlace,
  parsePasswordRules,
  parsePayload,
  payloadFingerprint,
  type SecretTags,
  serializePayload,
  type TenantStores,
} from '@rcm/credentials';
import type { Database } from '@rcm/db';
import { insertEndpoint } from '@rcm/db/admin';
import { recordMigrated } from '@rcm/db/migration';
import type { RealmCode } from '@rcm/demo-portals';
import type { LocalAws } from '@rcm/local-aws';
import type { PortalCode, portalTypes } from '@rcm/platform/seed';
import { Secret } from '@rcm/telemetry';
import { ENVIRONMENT, ORGANIZATION } from './names.ts';
import type { PortalControl } from './portal-control.ts';
import type { EnvironmentVault } from './vault.ts';

export type StoreKind = 'ssm' | 'secrets-manager' | 'vault';

export interface EnvironmentEndpoint {
  readonly id: string;
  readonly orgId: string;
  /** Where its account is. */
  readonly portal: RealmCode;
  readonly username: string;
  readonly secretArn: string;
  readonly loginIdentity: string;
}

export const tagsOf = (portal: RealmCode): SecretTags => ({ TenantId: ORGANIZATION, Environment: ENVIRONMENT, PortalType: portal });

interface LoginDependencies {
  readonly db: Database;
  readonly aws: LocalAws;
  readonly vault: EnvironmentVault;
  /** What may create a secret. */
  readonly stores: TenantStores;
  readonly portals: PortalControl;
  readonly baseUrls: Readonly<Record<PortalCode, string>>;
  readonly types: Awaited<ReturnType<typeof portalTypes>>;
  readonly identityKeys: IdentityKeys;
}

interface NewLogin {
  readonly portal: PortalCode;
  readonly number: number;
  /** Default: `ssm`. */
  readonly store?: StoreKind | undefined;
  /** Default: the platform's own. */
  readonly accountId?: string | undefined;
}

/** One login, at its portal, in a store and in the rows, as after a migration. */
export async function addMigratedLogin(
  dependencies: LoginDependencies,
  { portal, number, store = 'ssm', accountId = dependencies.aws.accountId }: NewLogin,
): Promise<EnvironmentEndpoint> {
  const { db, vault, stores, portals, types, identityKeys } = dependencies;
  const id = `${portal}-${number}`;
  const baseUrl = dependencies.baseUrls[portal];
  const username = portal === 'cascade' ? `USER${number}` : `user-${number}`;
  const rules = types.find((type) => type.code === portal)?.passwordRules ?? '';
  const password = generatePassword(parsePasswordRules(rules)).reveal();
  const mfaSeed = portal === 'borealis' ? { mfa_seed: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' } : {};
  await portals.createAccount({ portal, username, password, ...(mfaSeed.mfa_seed ? { mfaSeed: mfaSeed.mfa_seed } : {}) });
  await insertEndpoint(db, { id, orgId: ORGANIZATION, portalTypeCode: portal, accountId: `account-${number}`, baseUrl });
  const text = serializePayload(parsePayload(new Secret(JSON.stringify({ username, password, ...mfaSeed }))));
  const place: NewPlace = store === 'vault' ? { store, mount: vault.mount } : { store, partition: 'aws', region: dependencies.aws.region, accountId };
  const reference = credentialReference({ ...place, environment: ENVIRONMENT, orgId: ORGANIZATION, endpointId: id, portalAccountId: `account-${number}` });
  const created = await stores.forTenant(ORGANIZATION).create(reference, text, tagsOf(portal));
  const secretArn = formatReference(created.reference);
  const type = types.find(({ code }) => code === portal);
  const realm = { realm: type?.accountRealm ?? portal, usernameCase: type?.usernameCase ?? 'exact' } as const;
  const { id: identity } = loginIdentity(identityKeys, realm, username);
  await recordMigrated(db, {
    endpointId: id,
    orgId: ORGANIZATION,
    secretArn,
    version: created.version,
    loginIdentity: identity,
    fingerprint: payloadFingerprint({ key: dependencies.identityKeys.current.key, text }),
  });
  return { id, orgId: ORGANIZATION, portal, username, secretArn, loginIdentity: identity };
}
