import type { Secret } from '@rcm/telemetry';
import { createHmac } from 'node:crypto';
import { type Gateway, type InboundMessage, isSame, LONGEST } from './gateway.ts';

export interface TwilioOptions {
  /** The address as Twilio has it: it is signed, and a proxy may have changed what arrives. */
  readonly url: string;
  /** Auth tokens, any of which may have signed: two while the token is changed. */
  readonly tokens: readonly Secret<string>[];
}

/** A message's name: `SM` or `MM` and 32 hex digits (Twilio, SID). */
const MESSAGE_SID = /^(?:SM|MM)[0-9a-f]{32}$/;

/**
 * Twilio's webhook of incoming messages: a form, signed in `X-Twilio-Signature` by HMAC-SHA1 over the address and each field's name and value, in the order of their names, base64
 * (Twilio, Webhooks security). It signs no time: how old a delivery is, nobody can tell, so each is taken once.
 */
export const twilio = ({ url, tokens }: TwilioOptions): Gateway => ({
  contentType: 'application/x-www-form-urlencoded',
  // TwiML without a reply.
  thanks: { type: 'text/xml', body: '<Response/>' },
  read({ headers, body }) {
    const signature = headers['x-twilio-signature'];
    if (typeof signature !== 'string') return 'forged';
    const fields = [...new URLSearchParams(body.toString('utf8'))].toSorted(([a], [b]) => (a < b ? -1 : Number(a > b)));
    const signed = url + fields.flat().join('');
    const isSigned = tokens.map((token) => isSame(createHmac('sha1', token.reveal()).update(signed, 'utf8').digest('base64'), signature));
    return isSigned.includes(true) ? messageOf(fields) : 'forged';
  },
});

function messageOf(fields: readonly (readonly [string, string])[]): InboundMessage | 'unreadable' {
  const form = new Map(fields);
  const [id = '', from = '', to = '', text = ''] = ['MessageSid', 'From', 'To', 'Body'].map((name) => form.get(name));
  // With a name twice, the signature does not say which value belongs where.
  if (form.size !== fields.length || !MESSAGE_SID.test(id) || from === '' || to === '') return 'unreadable';
  if (from.length > LONGEST.address || to.length > LONGEST.address || text.length > LONGEST.text) return 'unreadable';
  return { id, from, to, text, sentAt: null };
}
