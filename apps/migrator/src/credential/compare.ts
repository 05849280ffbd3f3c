import { type CredentialPayload, parsePayload, payloadFingerprint } from '@rcm/credentials';
import type { Secret } from '@rcm/telemetry';
import type { FingerprintKey } from './fingerprint.ts';

/**
 * How a stored payload stands to the legacy one. `rotation`: every field but `password` and `metadata` is still equal, and the stored one
 * names the attempt that is to have made it, which the journal has to confirm. `different`: neither; nothing may be concluded.
 */
export type Likeness = { readonly is: 'equal' | 'different' } | { readonly is: 'rotation'; readonly attemptId: string };

/** V8's `JSON.isRawJSON`, not yet in TypeScript's lib: a number kept digit by digit (see the payload's reader). */
const isRawJson = (JSON as unknown as { isRawJSON(value: unknown): boolean }).isRawJSON;

/**
 * A keyed fingerprint that does not depend on the order of fields: jsonb reorders them, a store does not. `<key id>:<hex>`. Fails with `payload_invalid`.
 */
export function canonicalFingerprint(key: FingerprintKey, text: Secret<string>): string {
  return fingerprintOf(key, parsePayload(text));
}

/**
 * Compares two payload texts by keyed fingerprint. Fails with `payload_invalid` where one is no payload.
 */
export function compareTexts(key: FingerprintKey, { legacy, stored }: { readonly legacy: Secret<string>; readonly stored: Secret<string> }): Likeness {
  const [before, after] = [parsePayload(legacy), parsePayload(stored)];
  if (fingerprintOf(key, before) === fingerprintOf(key, after)) return { is: 'equal' };
  const attemptId = rotationAttempt(after);
  const restIsEqual = fingerprintOf(key, withoutRotated(before)) === fingerprintOf(key, withoutRotated(after));
  if (attemptId === null || attemptId === rotationAttempt(before) || !restIsEqual) return { is: 'different' };
  return { is: 'rotation', attemptId };
}

const fingerprintOf = ({ id, secret }: FingerprintKey, payload: Secret<unknown>): string =>
  `${id}:${payloadFingerprint({ key: secret, text: payload.map((value) => JSON.stringify(sorted(value))) })}`;

const rotationAttempt = (payload: Secret<CredentialPayload>): string | null => payload.reveal().metadata?.rotation_attempt_id || null;

const withoutRotated = (payload: Secret<CredentialPayload>): Secret<unknown> => payload.map(({ password: _password, metadata: _metadata, ...rest }) => rest);

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || isRawJson(value)) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).map(([key, inner]) => [key, sorted(inner)] as const);
  // By code unit, not by locale: every process must get the same order.
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
