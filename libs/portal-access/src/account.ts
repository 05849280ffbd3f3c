import {
  type AccountRealm,
  type CredentialPayload,
  formerIdentities,
  type IdentityKeys,
  type LoginIdentity,
  loginIdentity,
  passwordFingerprints,
} from '@rcm/credentials';
import type { EndpointRow, Fingerprints } from '@rcm/db';
import type { Secret } from '@rcm/telemetry';

/** The account that a payload names at an endpoint's portal, and its password as the ledger knows it. */
export interface LoginAccount {
  readonly identity: LoginIdentity;
  /** What the same account was called before a key was changed, or accounts had realms. */
  readonly former: readonly string[];
  readonly fingerprints: Fingerprints;
}

/** Computed at every login from what is about to be typed: a person may have put another user name into the secret. */
export function accountOf(keys: IdentityKeys, endpoint: Pick<EndpointRow, 'baseUrl' | 'portalType'>, payload: Secret<CredentialPayload>): LoginAccount {
  const realm = realmOf(endpoint);
  const { username, password } = payload.reveal();
  return {
    identity: loginIdentity(keys, realm, username),
    former: formerIdentities(keys, realm, username),
    fingerprints: passwordFingerprints(keys, realm, { username, password }),
  };
}

const realmOf = ({ baseUrl, portalType }: Pick<EndpointRow, 'baseUrl' | 'portalType'>): AccountRealm & { readonly host: string } => ({
  realm: portalType.accountRealm ?? portalType.code,
  usernameCase: portalType.usernameCase,
  host: new URL(baseUrl).host,
});
