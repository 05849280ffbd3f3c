import { createHmac } from 'node:crypto';
import type { Secret } from '@rcm/telemetry';

/**
 * A keyed digest of a stored text (hex HMAC-SHA256): tells whether two payloads are the same without keeping either. Keyed,
 * since a plain hash of a short password can be searched. The prefix keeps it apart from every login identity under one key.
 *
 * @example
 * ```ts
 * const key = new Secret('only-an-example-of-32-characters');
 * const text = serializePayload(new Secret({ username: 'billing', password: 'only-an-example' }));
 * // With the key's id in front, so that the key can be changed.
 * const fingerprint = `1:${payloadFingerprint({ key, text })}`;
 * ```
 */
export function payloadFingerprint({ key, text }: { readonly key: Secret<string>; readonly text: Secret<string> }): string {
  return createHmac('sha256', key.reveal()).update('rcm-payload-fingerprint\n', 'utf8').update(text.reveal(), 'utf8').digest('hex');
}
