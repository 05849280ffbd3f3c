import { createHmac } from 'node:crypto';
import { type Clock, RcmError, type Secret } from '@rcm/telemetry';
import type { NoticeChannel, OutgoingNotice } from './channel.ts';

export interface WebhookOptions {
  /** May hold a token, so it is not shown either. */
  readonly url: Secret<string>;
  /** Shared with the receiver. */
  readonly key: Secret<string>;
  readonly clock: Clock;
  /** Default: the platform's own. */
  readonly fetch?: typeof fetch;
}

/**
 * A POST of one JSON object. `x-rcm-signature: v1=<hex>` is HMAC-SHA256 under the key over `<x-rcm-timestamp>.<body>`, the time in
 * seconds since 1970: a receiver refuses what it cannot verify or what is minutes old. `x-rcm-notice` stays the same when one is sent twice.
 */
export function webhookChannel({ url, key, clock, fetch: send = fetch }: WebhookOptions): NoticeChannel {
  return {
    name: 'webhook',
    async send(outgoing, signal) {
      const body = JSON.stringify(bodyOf(outgoing));
      const timestamp = String(Math.floor(clock.now().getTime() / 1000));
      const signature = createHmac('sha256', key.reveal()).update(`${timestamp}.${body}`).digest('hex');
      const headers = {
        'content-type': 'application/json',
        'x-rcm-notice': outgoing.notice.id,
        'x-rcm-timestamp': timestamp,
        'x-rcm-signature': `v1=${signature}`,
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

const bodyOf = ({ notice, text }: OutgoingNotice) => ({
  id: notice.id,
  kind: notice.kind,
  at: notice.createdAt.toISOString(),
  organization: notice.orgId,
  endpoint: notice.endpointId,
  portalType: notice.portalTypeCode,
  attempt: notice.attemptId,
  title: text.title,
  happened: text.happened,
  safe: text.safe,
  todo: text.todo,
});
