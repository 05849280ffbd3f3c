import type { Secret } from '@rcm/telemetry';
import { payloadFingerprint } from '../fingerprint.ts';
import type { IdentityKey, IdentityKeys } from '../login-identity.ts';

/** The key of fingerprints, and the name under which they say which key it was. */
export interface FingerprintKey {
  /** 1 to 16 lower-case letters or digits. */
  readonly id: string;
  readonly secret: Secret<string>;
}

/** What fingerprints are made with, the current key first; while it is changed, the other one, too, with which some may have been made. */
export function fingerprintKeys(keys: IdentityKeys): readonly [FingerprintKey, ...FingerprintKey[]] {
  const { current, previous } = keys.fingerprint ?? keys;
  return [asFingerprintKey(current), ...(previous ? [asFingerprintKey(previous)] : [])];
}

const asFingerprintKey = ({ id, key }: IdentityKey): FingerprintKey => ({ id, secret: key });

/**
 * Fingerprints of what lies in one endpoint's row: of the text as Postgres prints it, to the byte, so that any edit shows. The endpoint is
 * part of it: two rows with the same login cannot be seen to have it.
 */
export const rowFingerprint =
  (keys: readonly FingerprintKey[], endpointId: string) =>
  (credentials: Secret<string>): readonly string[] =>
    keys.map(({ id, secret }) => `${id}:${payloadFingerprint({ key: secret, text: credentials.map((text) => `row of ${endpointId}\n${text}`) })}`);
