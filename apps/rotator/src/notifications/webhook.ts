import { createHmac } from 'node:crypto';
import { type Clock, RcmError, type Secret } from '@rcm/telemetry';
import type { NotificationChannel, OutgoingNotification } from './channel.ts';

/** `id`: `^[a-z0-9]{1,16}$`. */
export interface SigningKey {
  readonly id: string;
  readonly key: Secret<string>;
}

export interface WebhookOptions {
  /** May hold a token, so it is not shown either. */
  readonly url: Secret<string>;
  /** Shared with the receiver, the current one first: two while it is changed, and each signs, so that a receiver may have either. */
  readonly keys: readonly SigningKey[];
  readonly clock: Clock;
  /** Default: the platform's own. */
  readonly fetch?: typeof fetch;
}

/**
 * A POST of one JSON object. `x-rcm-signature: v1=<hex>` is HMAC-SHA256 under the key over `<x-rcm-timestamp>.<body>`, the time in
 * seconds since 1970: a receiver refuses what it cannot verify or what is minutes old. While the key is changed there are two, with a space between them, and
 * `x-rcm-keys` has the ids of their keys in the same order. `x-rcm-notice` stays the same when one is sent twice.
 */
export function webhookChannel({ url, keys, clock, fetch: send = fetch }: WebhookOptions): NotificationChannel {
  return {
    name: 'webhook',
    async send(outgoing, signal) {
      const body = JSON.stringify(bodyOf(outgoing));
      const timestamp = String(Math.floor(clock.now().getTime() / 1000));
      const signatures = keys.map(({ key }) => `v1=${createHmac('sha256', key.reveal()).update(`${timestamp}.${body}`).digest('hex')}`);
      const headers = {
        'content-type': 'application/json',
        'x-rcm-notice': outgoing.notification.id,
        'x-rcm-timestamp': timestamp,
        'x-rcm-signature': signatures.join(' '),
        'x-rcm-keys': keys.map(({ id }) => id).join(' '),
      };
      const response = await send(url.reveal(), { method: 'POST', body, headers, redirect: 'error', signal }).catch((error: unknown) => {
        throw new RcmError(
          'deadline_exceeded',
          signal.aborted ? 'The webhook did not answer in time.' : `The webhook cannot be reached (${error instanceof Error ? error.name : 'error'}).`,
        );
      });
      await response.body?.cancel();
      if (!response.ok) throw new RcmError('deadline_exceeded', `The webhook answered ${response.status}.`);
    },
  };
}

const bodyOf = ({ notification, text }: OutgoingNotification) => ({
  id: notification.id,
  kind: notification.kind,
  at: notification.createdAt.toISOString(),
  organization: notification.orgId,
  endpoint: notification.endpointId,
  portalType: notification.portalTypeCode,
  attempt: notification.attemptId,
  title: text.title,
  happened: text.happened,
  safe: text.safe,
  todo: text.todo,
});
