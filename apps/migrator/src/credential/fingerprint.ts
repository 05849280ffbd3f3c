import { payloadFingerprint } from '@rcm/credentials';
import type { FingerprintOf } from '@rcm/db';
import type { Secret } from '@rcm/telemetry';

/** The key of fingerprints, and the name under which they say which key it was. */
export interface FingerprintKey {
  /** 1 to 16 lower-case letters or digits. */
  readonly id: string;
  readonly secret: Secret<string>;
}

/**
 * Fingerprints of what lies in one endpoint's row: of the text as Postgres prints it, to the byte, so that any edit shows. The endpoint is
 * part of it: two rows with the same login cannot be seen to have it.
 */
export const rowFingerprint =
  (keys: readonly FingerprintKey[], endpointId: string): FingerprintOf =>
  (credentials) =>
    keys.map(({ id, secret }) => `${id}:${payloadFingerprint({ key: secret, text: credentials.map((text) => `row of ${endpointId}\n${text}`) })}`);
