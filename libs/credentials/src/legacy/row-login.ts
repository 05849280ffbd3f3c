import { isRcmError, type RcmError, type Secret } from '@rcm/telemetry';
import { parseJsonExactly } from '../exact-json.ts';
import { parsePayload, serializePayload } from '../payload.ts';
import { FORM } from './form.ts';
import { isPlaceholder, isSeed } from './oddities.ts';
import { pathOf, type Place } from './paths.ts';
import { readLogin } from './read-login.ts';
import type { Login } from './reading.ts';
import type { Vocabulary } from './vocabulary.ts';

/** A row's login in the words of a payload. */
export interface RowLogin {
  readonly is: 'login';
  /** What the store is to hold. */
  readonly text: Secret<string>;
  /** What is done to bring it into a payload's words; none: it is one. */
  readonly shapes: readonly string[];
  /** What a person should look at, by path. */
  readonly remarks: readonly { readonly path: string; readonly says: string }[];
}

/** `empty`: there is nothing. `refused`: a person has to look first. `why` and `path` name fields, never values. */
export type RowReading =
  RowLogin | { readonly is: 'empty' } | { readonly is: 'refused'; readonly code: RcmError['code']; readonly why: string; readonly path: string | null };

/** What has to be known of an endpoint to read the login in its row. */
export interface RowOwner {
  readonly id: string;
  readonly portalType: { readonly totpPeriodSeconds: number };
}

/**
 * Reads what lies in an endpoint's row (`config.credentials` as JSON text) as a login: the one way from a row to a payload, for whoever moves it and for whoever
 * logs in with it before it is moved.
 */
export function readRowLogin(endpoint: RowOwner, credentials: Secret<string>, vocabulary: Vocabulary): RowReading {
  const reading = credentials.map((text) => readLogin(parseJsonExactly(text), vocabulary)).reveal();
  if (reading.is === 'empty') return reading;
  if (reading.is === 'unusable') return refused(reading.place, reading.why);
  const hidden = new Set([reading.payload.username, reading.payload.password].map((text) => String(text).toLowerCase()));
  const oddity = vocabulary.accepted.has(endpoint.id) ? null : oddityOf(reading, endpoint.portalType);
  if (oddity) return refused(reading.places.get(oddity.field) ?? ['credentials', oddity.field], oddity.why);
  try {
    const text = serializePayload(
      parsePayload(credentials.map(() => JSON.stringify({ ...reading.payload, ...(reading.form ? { [FORM]: reading.form } : {}) }))),
    );
    const remarks = reading.remarks.map(({ place: at, says }) => ({ path: pathOf(at, hidden), says }));
    return { is: 'login', text, shapes: reading.shapes, remarks };
  } catch (error) {
    if (!isRcmError(error)) throw error;
    return { is: 'refused', code: error.code, why: error.message, path: null };
  }
}

const refused = (place: Place, why: string): RowReading => {
  const path = pathOf(place);
  return { is: 'refused', code: 'payload_invalid', why: why.startsWith('the ') ? why : `${path} ${why}`, path };
};

/** What would reach the store and be of no use there, so that nobody would notice before a portal refused it. */
function oddityOf({ payload, codes }: Login, { totpPeriodSeconds }: RowOwner['portalType']): { readonly field: string; readonly why: string } | null {
  for (const field of ['username', 'password', 'mfa_seed'])
    if (typeof payload[field] === 'string' && isPlaceholder(payload[field]))
      return { field, why: `stands in for a value and is none (if it is one: "accepted" in --mappings)` };
  if (typeof payload.mfa_seed === 'string' && payload.mfa_seed !== '' && !isSeed(payload.mfa_seed))
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
