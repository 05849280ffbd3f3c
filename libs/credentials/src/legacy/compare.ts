import type { Secret } from '@rcm/telemetry';
import { parseJsonExactly } from '../exact-json.ts';
import { payloadFingerprint } from '../fingerprint.ts';
import { type CredentialPayload, parsePayload } from '../payload.ts';
import { formOf, matches } from './form.ts';
import { canonicalText, type Fields } from './json.ts';
import type { FingerprintKey } from './row-fingerprint.ts';

/**
 * How a stored payload stands to the legacy one. `rotation`: every field but `password` and `metadata` is still equal, and the stored one
 * names the attempt that is to have made it, which the journal has to confirm. `different`: neither; nothing may be concluded.
 */
export type Likeness = { readonly is: 'equal' | 'different' } | { readonly is: 'rotation'; readonly attemptId: string };

/**
 * A keyed fingerprint that does not depend on the order of fields: jsonb reorders them, a store does not. `<key id>:<hex>`. Fails with `payload_invalid`.
 */
export function canonicalFingerprint(key: FingerprintKey, text: Secret<string>): string {
  return fingerprintOf(key, parsePayload(text));
}

/** What a rotation changes. */
const ROTATED = new Set(['password', 'metadata']);

/**
 * Compares what lies in the row with what lies in the store. Where the stored payload says how the row was written, the row must be exactly that with the
 * payload's values: so the proof does not rest on whatever brought the login into the payload's words. Fails with `payload_invalid` where the stored text is no payload, or,
 * without a form, the row's.
 */
export function compareTexts(key: FingerprintKey, { legacy, stored }: { readonly legacy: Secret<string>; readonly stored: Secret<string> }): Likeness {
  const after = parsePayload(stored);
  const form = formOf(after.reveal());
  if (form === 'unknown') return { is: 'different' };
  if (form === null) return compareAsTheyAre(key, parsePayload(legacy), after);
  const fits = (anything?: ReadonlySet<string>): boolean =>
    legacy.map((text) => matches(form, after.reveal() as Fields, parseJsonExactly(text), anything)).reveal();
  if (fits()) return { is: 'equal' };
  const attemptId = rotationAttempt(after);
  return attemptId !== null && fits(ROTATED) ? { is: 'rotation', attemptId } : { is: 'different' };
}

function compareAsTheyAre(key: FingerprintKey, before: Secret<CredentialPayload>, after: Secret<CredentialPayload>): Likeness {
  if (fingerprintOf(key, before) === fingerprintOf(key, after)) return { is: 'equal' };
  const attemptId = rotationAttempt(after);
  const restIsEqual = fingerprintOf(key, withoutRotated(before)) === fingerprintOf(key, withoutRotated(after));
  if (attemptId === null || attemptId === rotationAttempt(before) || !restIsEqual) return { is: 'different' };
  return { is: 'rotation', attemptId };
}

const fingerprintOf = ({ id, secret }: FingerprintKey, payload: Secret<unknown>): string =>
  `${id}:${payloadFingerprint({ key: secret, text: payload.map(canonicalText) })}`;

const rotationAttempt = (payload: Secret<CredentialPayload>): string | null => payload.reveal().metadata?.rotation_attempt_id || null;

const withoutRotated = (payload: Secret<CredentialPayload>): Secret<unknown> => payload.map(({ password: _password, metadata: _metadata, ...rest }) => rest);
