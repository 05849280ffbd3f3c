import { createHmac } from 'node:crypto';
import type { Secret } from '@rcm/telemetry';

/**
 * A keyed digest of a stored text (hex HMAC-SHA256): tells whether two payloads are the same without keeping either. Keyed,
 * since a plain hash of a short password can be searched. The prefix keeps it apart from every login identity under one key.
 */
export function payloadFingerprint({ key, text }: { readonly key: Secret<string>; readonly text: Secret<string> }): string {
  return createHmac('sha256', key.reveal()).update('rcm-payload-fingerprint\n', 'utf8').update(text.reveal(), 'utf8').digest('hex');
}
