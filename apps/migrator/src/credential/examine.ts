import {
  formerIdentities,
  type IdentityKeys,
  type LoginIdentity,
  loginNames,
  type NewPlace,
  parseJsonExactly,
  parsePayload,
  placeForSize,
  realmHistory,
  serializePayload,
} from '@rcm/credentials';
import type { EndpointRow } from '@rcm/db';
import { type ErrorCode, isRcmError, type Secret } from '@rcm/telemetry';
import type { SecretPlace } from '../migration.ts';
import { FORM } from '../shapes/form.ts';
import { isPlaceholder, isSeed } from '../shapes/oddities.ts';
import { pathOf, type Place } from '../shapes/paths.ts';
import { type Login, readLogin } from '../shapes/read-login.ts';
import type { Vocabulary } from '../shapes/vocabulary.ts';

/** A legacy credential that can be moved. */
export interface Movable {
  readonly ok: true;
  /** What the store is to hold. */
  readonly text: Secret<string>;
  /** Where it is to be created: a large one may have to go elsewhere. */
  readonly place: NewPlace;
  /** What the account is called under each known key, the current one's first. */
  readonly names: readonly LoginIdentity[];
  /** What is done to bring it into a payload's words; none: it is one. */
  readonly shapes: readonly string[];
  /** What a person should look at, by path. */
  readonly remarks: readonly { readonly path: string; readonly says: string }[];
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
  readonly place: SecretPlace;
  readonly vocabulary: Vocabulary;
}

/** Whether an endpoint's plaintext can be moved to the store, without touching it. */
export function examine(endpoint: EndpointRow, credentials: Secret<string>, { keys, place, vocabulary }: Examiner): Movable | Unmovable {
  const reading = credentials.map((text) => readLogin(parseJsonExactly(text), vocabulary)).reveal();
  if (reading.is === 'empty') return { ok: false, empty: true, code: 'payload_invalid', reason: 'the credentials are empty', path: 'credentials' };
  if (reading.is === 'unusable') return refused(reading.place, reading.why);
  const hidden = new Set([reading.payload['username'], reading.payload['password']].map((text) => String(text).toLowerCase()));
  const oddity = vocabulary.accepted.has(endpoint.id) ? null : oddityOf(reading, endpoint.portalType);
  if (oddity) return refused(reading.places.get(oddity.field) ?? ['credentials', oddity.field], oddity.why);
  try {
    const text = serializePayload(
      parsePayload(credentials.map(() => JSON.stringify({ ...reading.payload, ...(reading.form ? { [FORM]: reading.form } : {}) }))),
    );
    const remarks = reading.remarks.map(({ place: at, says }) => ({ path: pathOf(at, hidden), says }));
    return { ok: true, text, place: placeForSize(place, text, place.largePayloads), names: namesOf(endpoint, text, keys), shapes: reading.shapes, remarks };
  } catch (error) {
    if (!isRcmError(error)) throw error;
    return { ok: false, empty: false, code: error.code, reason: error.message, path: null };
  }
}

const refused = (place: Place, why: string): Unmovable => {
  const path = pathOf(place);
  const reason = why.startsWith('the ') ? why : `${path} ${why}`;
  return { ok: false, empty: false, code: 'payload_invalid', reason, path };
};

/** What would reach the store and be of no use there, so that nobody would notice before a portal refused it. */
function oddityOf({ payload, codes }: Login, { totpPeriodSeconds }: EndpointRow['portalType']): { readonly field: string; readonly why: string } | null {
  for (const field of ['username', 'password', 'mfa_seed'])
    if (typeof payload[field] === 'string' && isPlaceholder(payload[field]))
      return { field, why: `stands in for a value and is none (if it is one: "accepted" in --mappings)` };
  if (typeof payload['mfa_seed'] === 'string' && payload['mfa_seed'] !== '' && !isSeed(payload['mfa_seed']))
    return {
      field: 'mfa_seed',
      why: 'is not base32 text of at least 16 characters, so no one-time code can be made of it (if agents need none: "accepted" in --mappings)',
    };
  if (codes && codes.periodSeconds !== totpPeriodSeconds)
    return {
      field: 'mfa_seed',
      why: `makes a code every ${codes.periodSeconds} s, and its portal type one every ${totpPeriodSeconds} s: correct the one that is wrong`,
    };
  return null;
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
