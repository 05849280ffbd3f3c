import { codeInboxes, type IdentityKeys } from '@rcm/credentials';
import { Secret } from '@rcm/telemetry';
import { canMakeCertificates } from '@rcm/test-services';
import { createHmac, randomBytes, randomInt } from 'node:crypto';
import { type ApiEnvironment, makePortal, openApiEnvironment } from '../api.fixture.ts';
import { WaitingLogins } from '../waiting-login.fixture.ts';
import { signed } from './signed.ts';
import { SnsCertificates } from './sns-certificates.ts';
import type { SnsEnvelope } from './sns-envelope.ts';
import { SnsSender, TOPIC } from './sns-sender.fixture.ts';
import { sns } from './sns.ts';
import { twilio } from './twilio.ts';

/** As Twilio has it: in front of the web-agent there is a proxy. */
const URL_AT_TWILIO = 'https://codes.example/v1/inbound/twilio?deployment=1';
const LOGIN = {
  outcomes: [
    { when: { text: 'Welcome' }, is: 'accepted' },
    { when: { text: 'Wrong' }, is: 'rejected' },
  ],
};
export const KEYS: IdentityKeys = { current: { id: '1', key: new Secret('k'.repeat(32)) } };

export interface Sent {
  readonly to: string;
  readonly text: string;
  readonly from?: string;
  readonly id?: string;
}
export interface Answered {
  readonly status: number;
  readonly text: string;
}

/** An API with three gateways, portals that send codes, and somebody who delivers messages as the gateways do. */
export interface InboundEnvironment {
  readonly testEnvironment: ApiEnvironment;
  readonly logins: WaitingLogins;
  /** Of the API. */
  readonly port: number;
  /** Every code that a message had. */
  readonly codes: readonly string[];
  /** A number that nobody else has, and how the database knows it. */
  inbox(): { readonly to: string; readonly inboxes: readonly string[] };
  /** The same of a mail address. */
  mailbox(): { readonly to: string; readonly inboxes: readonly string[] };
  newCode(): string;
  /** As Twilio delivers it; `change`: what somebody else makes of it. */
  twilio(sent: Sent, change?: (request: { body: string; signature: string }) => { body: string; signature: string }): Promise<Answered>;
  /** As a gateway by Standard Webhooks does; `at`: when it signed, in seconds. */
  signed(sent: Sent & { readonly at?: number; readonly sentAt?: Date; readonly body?: string }): Promise<Answered>;
  /** SNS, where a certificate can be made here. */
  readonly snsSender: SnsSender | null;
  /** As SNS posts it. */
  sns(envelope: SnsEnvelope): Promise<Answered>;
  close(): Promise<void>;
}

/** Portals: `alpine`; `birch`, with senders and words of its own; `cedar`, whose messages cannot be told from those of `birch`; `dogwood`, whose codes are good for half a day. */
export async function openInboundEnvironment(): Promise<InboundEnvironment> {
  const testEnvironment = await openApiEnvironment();
  for (const code of ['birch', 'cedar'])
    await makePortal(testEnvironment.owner, code, { version: 1, name: code, login: LOGIN, codes: { from: ['24680'], pattern: 'use {code} to sign in' } });
  const codes = { from: ['24681'], pattern: 'your dogwood code is {code}', valid: { hours: 12 } };
  await makePortal(testEnvironment.owner, 'dogwood', { version: 2, name: 'dogwood', login: LOGIN, codes });
  const [token, key] = [randomBytes(16).toString('hex'), randomBytes(32)];
  const snsSender = canMakeCertificates() ? new SnsSender() : null;
  const gateways = new Map([
    ['twilio', twilio({ url: URL_AT_TWILIO, tokens: [new Secret('another-token-of-theirs'), new Secret(token)] })],
    ['signed', signed({ keys: [new Secret(key.toString('base64'))] })],
    ['sns', sns({ topics: [TOPIC], certificates: new SnsCertificates({ fetch: snsSender?.fetch }) })],
  ]);
  const api = await testEnvironment.start({ inbound: { gateways, keys: KEYS } });
  const newCodes: string[] = [];
  const post = async (gateway: string, headers: Record<string, string>, body: string): Promise<Answered> => {
    const response = await fetch(`http://127.0.0.1:${api.port}/v1/inbound/${gateway}`, { method: 'POST', headers, body });
    return { status: response.status, text: await response.text() };
  };
  const newId = () => `SM${randomBytes(16).toString('hex')}`;
  return {
    testEnvironment,
    logins: new WaitingLogins(testEnvironment),
    port: api.port,
    codes: newCodes,
    inbox() {
      const number = `+1555${randomInt(1_000_000, 9_999_999)}${randomInt(100, 999)}`;
      return { to: number, inboxes: codeInboxes(KEYS, `${number.slice(0, 5)} ${number.slice(5)}`) };
    },
    mailbox() {
      const to = `codes-${randomBytes(4).toString('hex')}@north.example`;
      return { to, inboxes: codeInboxes(KEYS, to) };
    },
    newCode() {
      const code = `${randomInt(10_000_000, 99_999_999)}`;
      newCodes.push(code);
      return code;
    },
    twilio({ to, text, from = '+15550100100', id = newId() }, change = (request) => request) {
      const fields = { MessageSid: id, AccountSid: 'AC1', From: from, To: to, Body: text, NumMedia: '0' };
      const data = Object.entries(fields).toSorted(([a], [b]) => (a < b ? -1 : 1));
      const signature = createHmac('sha1', token)
        .update(URL_AT_TWILIO + data.flat().join(''), 'utf8')
        .digest('base64');
      const request = change({ body: new URLSearchParams(fields).toString(), signature });
      return post('twilio', { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': request.signature }, request.body);
    },
    signed({ to, text, from = 'Alpine <codes@alpine.example>', id = newId(), at = Math.floor(Date.now() / 1_000), sentAt, body: other }) {
      const body = JSON.stringify({ from, to, text, ...(sentAt ? { sent_at: sentAt.toISOString() } : {}) });
      const mac = createHmac('sha256', key).update(`${id}.${at}.${body}`, 'utf8').digest('base64');
      return post(
        'signed',
        { 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': `${at}`, 'webhook-signature': `v1,eA== v1,${mac}` },
        other ?? body,
      );
    },
    snsSender,
    sns: (envelope) => post('sns', { 'content-type': 'text/plain; charset=UTF-8', 'x-amz-sns-message-type': envelope.Type }, JSON.stringify(envelope)),
    async close() {
      await api.close();
      await testEnvironment.close();
    },
  };
}
