import {
  type CredentialPayload,
  formerIdentities,
  type IdentityKeys,
  type LoginIdentity,
  loginNames,
  passwordFingerprints,
  realmHistory,
} from '@rcm/credentials';
import type { EndpointRow } from '@rcm/db';
import type { Fingerprints } from '@rcm/db/ledger';
import type { Secret } from '@rcm/telemetry';

/** The account that a payload names at an endpoint's portal, and its password as the ledger knows it. */
export interface LoginAccount {
  /** Under each known key, the current one's first. */
  readonly names: readonly LoginIdentity[];
  /** What the same account may have been called, before its realm or the rule of case was changed. */
  readonly former: readonly string[];
  readonly fingerprints: Fingerprints;
}

/** Whether a row that has this name means the account: by whichever key it was made, while a key is changed. */
export const goesBy = ({ names }: Pick<LoginAccount, 'names'>, loginIdentity: string): boolean => names.some(({ id }) => id === loginIdentity);

/** Computed at every login from what is about to be typed: a person may have put another user name into the secret. */
export function accountOf(keys: IdentityKeys, endpoint: Pick<EndpointRow, 'baseUrl' | 'portalType'>, payload: Secret<CredentialPayload>): LoginAccount {
  const realm = realmHistory(endpoint.portalType, endpoint.baseUrl);
  const { username, password } = payload.reveal();
  return {
    names: loginNames(keys, realm, username),
    former: formerIdentities(keys, realm, username),
    fingerprints: passwordFingerprints(keys, realm, { username, password }),
  };
}
