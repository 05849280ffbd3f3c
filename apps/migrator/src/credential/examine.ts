import { formerIdentities, type IdentityKeys, type LoginIdentity, loginNames, type NewPlace, parsePayload, placeForSize, realmHistory } from '@rcm/credentials';
import { readRowLogin, type RowLogin, type Vocabulary } from '@rcm/credentials/legacy';
import type { EndpointRow } from '@rcm/db';
import { type ErrorCode, isRcmError, type Secret } from '@rcm/telemetry';
import type { SecretPlaces } from '../migration.ts';

/** A legacy credential that can be moved. */
export interface Movable extends Omit<RowLogin, 'is'> {
  readonly ok: true;
  /** Where it may be created, the first choice first: a large one may have to go elsewhere. */
  readonly places: readonly NewPlace[];
  /** What the account is called under each known key, the current one's first. */
  readonly names: readonly LoginIdentity[];
}

/** One that a person has to look at first, or, `empty`, one that there is nothing of. `reason` and `path` name fields, never values. */
export interface Unmovable {
  readonly ok: false;
  readonly empty: boolean;
  readonly code: ErrorCode;
  readonly reason: string;
  readonly path: string | null;
}

export interface Examiner {
  readonly keys: IdentityKeys;
  readonly places: SecretPlaces;
  readonly vocabulary: Vocabulary;
}

/** Whether an endpoint's plaintext can be moved to the store, without touching it. */
export function examine(endpoint: EndpointRow, credentials: Secret<string>, { keys, places, vocabulary }: Examiner): Movable | Unmovable {
  const read = readRowLogin(endpoint, credentials, vocabulary);
  if (read.is === 'empty') return { ok: false, empty: true, code: 'payload_invalid', reason: 'the credentials are empty', path: 'credentials' };
  if (read.is === 'refused') return { ok: false, empty: false, code: read.code, reason: read.why, path: read.path };
  const { text, shapes, remarks } = read;
  try {
    const fitting = places.new.map((place) => placeForSize(place, text, places.largePayloads));
    return { ok: true, text, places: fitting, names: namesOf(endpoint, text, keys), shapes, remarks };
  } catch (error) {
    if (!isRcmError(error)) throw error;
    return { ok: false, empty: false, code: error.code, reason: error.message, path: null };
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
