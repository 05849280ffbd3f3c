import { createHmac } from 'node:crypto';
import type { Secret } from '@rcm/telemetry';

export interface ToSign {
  readonly id: string;
  readonly body: string;
  /** Of this try: a receiver refuses what is minutes old, so that nobody sends it again later. */
  readonly at: Date;
  readonly keys: readonly Secret<Uint8Array>[];
}

/**
 * The three headers of Standard Webhooks (version 1 of its specification, symmetric signatures): HMAC-SHA256 over `id.timestamp.body` under each key, the time in
 * seconds since 1970.
 */
export function signedHeaders({ id, body, at, keys }: ToSign): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(at.getTime() / 1_000));
  const signatures = keys.map((key) => `v1,${createHmac('sha256', key.reveal()).update(`${id}.${timestamp}.${body}`).digest('base64')}`);
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
