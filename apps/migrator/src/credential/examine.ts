import {
  formerIdentities,
  type IdentityKeys,
  type LoginIdentity,
  loginNames,
  type NewPlace,
  parsePayload,
  placeForSize,
  realmHistory,
  serializePayload,
} from '@rcm/credentials';
import type { EndpointRow } from '@rcm/db';
import { type ErrorCode, isRcmError, type Secret } from '@rcm/telemetry';
import type { SecretPlace } from '../migration.ts';

/** A legacy credential that can be moved as it is. */
export interface Movable {
  readonly ok: true;
  /** What the store is to hold. */
  readonly text: Secret<string>;
  /** Where it is to be created: a large one may have to go elsewhere. */
  readonly place: NewPlace;
  /** What the account is called under each known key, the current one's first. */
  readonly names: readonly LoginIdentity[];
}

/** One that a person has to look at first. `reason` names fields, never values. */
export interface Unmovable {
  readonly ok: false;
  readonly code: ErrorCode;
  readonly reason: string;
}

/** Whether an endpoint's plaintext can be moved to the store, without touching it. */
export function examine(
  endpoint: EndpointRow,
  credentials: Secret<string>,
  { keys, place }: { readonly keys: IdentityKeys; readonly place: SecretPlace },
): Movable | Unmovable {
  try {
    const payload = parsePayload(credentials);
    const text = serializePayload(payload);
    return { ok: true, text, place: placeForSize(place, text, place.largePayloads), names: namesOf(endpoint, text, keys) };
  } catch (error) {
    if (!isRcmError(error)) throw error;
    return { ok: false, code: error.code, reason: missingLogin(credentials) ?? error.message };
  }
}

/** The keyed login identities of a payload in an endpoint's account realm. Fails with `payload_invalid`. */
export function namesOf({ portalType }: Pick<EndpointRow, 'portalType'>, text: Secret<string>, keys: IdentityKeys): readonly LoginIdentity[] {
  const realm = { realm: portalType.accountRealm ?? portalType.code, usernameCase: portalType.usernameCase };
  return loginNames(keys, realm, parsePayload(text).reveal().username);
}

/** Whether a row's identity is that of the payload, under the name it has now or one it had before. */
export function isIdentityOf(endpoint: EndpointRow, text: Secret<string>, keys: IdentityKeys): boolean {
  if (endpoint.loginIdentity === null) return false;
  const realm = realmHistory(endpoint.portalType, endpoint.baseUrl);
  const { username } = parsePayload(text).reveal();
  return [...loginNames(keys, realm, username).map(({ id }) => id), ...formerIdentities(keys, realm, username)].includes(endpoint.loginIdentity);
}

/** The commonest fault gets words of its own. */
function missingLogin(credentials: Secret<string>): string | null {
  const fields = fieldsOf(credentials.reveal());
  if (fields === null) return 'the credentials are not a JSON object';
  const missing = ['username', 'password'].filter((name) => fields[name] === undefined || fields[name] === null || fields[name] === '');
  return missing.length === 0 ? null : `the credentials have no ${missing.join(' and no ')}`;
}

function fieldsOf(json: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
