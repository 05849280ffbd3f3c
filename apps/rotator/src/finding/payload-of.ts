import { type CredentialPayload, parsePayload, type StoredSecret } from '@rcm/credentials';
import { hasCode, type Secret } from '@rcm/telemetry';

/** `null`: what somebody has stored is no payload. */
export function payloadOf({ text }: StoredSecret): Secret<CredentialPayload> | null {
  try {
    return parsePayload(text);
  } catch (error) {
    if (hasCode(error, 'payload_invalid')) return null;
    throw error;
  }
}
