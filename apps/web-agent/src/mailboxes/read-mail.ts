import type { Address, Email } from 'postal-mime';
import { type InboundMessage, LONGEST } from '../http/inbound/gateway.ts';
import { textOfHtml } from './mail-text.ts';
import { isAuthentic } from './sender.ts';

/** `forged`: the receiving server does not say that it comes from whom it names. `unreadable`: it is no message that a code could be in. */
export type MailReading = InboundMessage | 'forged' | 'unreadable';

export interface ReceivedMail {
  /** As it lies in the mailbox. */
  readonly source: Uint8Array;
  /** When the mailbox's server took it. */
  readonly receivedAt: Date;
  readonly authservId: string;
}

/** No mail of a portal has more. Bytes, and levels of parts. */
const LIMITS = { maxHeadersSize: 65_536, maxNestingDepth: 16 } as const;
/** The parser is linear, at about 10 µs a line: these take it a tenth of a second. */
const MOST_LINES = 10_000;
const LINE_FEED = 0x0a;
/** RFC 5322, section 2.1.1. */
const LONGEST_FIELD = 998;
const ADDRESS = /^[^\s@<>"(),;:\\]+@[A-Za-z0-9.-]+$/;
/** Which a mail has once (RFC 5322, section 3.6). Of two, a signature covers the one and a reader looks at the other. */
const ONCE = ['from', 'to', 'cc', 'date', 'message-id', 'subject', 'content-type', 'content-transfer-encoding'] as const;

/**
 * A mail as the message of a portal. What says when it was sent is the mail's own date, or when it was received where that was earlier: a mail that was under way for long is not taken for a
 * new one. Never rejects.
 */
export async function readMail({ source, receivedAt, authservId }: ReceivedMail): Promise<MailReading> {
  if (source.reduce((lines, byte) => lines + Number(byte === LINE_FEED), 0) > MOST_LINES) return 'unreadable';
  const { default: PostalMime, addressParser } = await import('postal-mime');
  const mail = await PostalMime.parse(source, { ...LIMITS, rfc822Attachments: true }).catch(() => null);
  if (!mail || ONCE.some((name) => mail.headers.filter(({ key }) => key === name).length > 1)) return 'unreadable';
  const valueOf = (name: string): string => mail.headers.find(({ key }) => key === name)?.value ?? '';
  const addressOf = (field: string): string | null => only(addressParser(field.slice(0, LONGEST_FIELD), { flatten: true }));
  const [from, to] = [addressOf(valueOf('from')), addressOf([valueOf('to'), valueOf('cc')].filter((field) => field !== '').join(', '))];
  if (from === null || to === null) return 'unreadable';
  if (!isAuthentic({ fields: mail.headers, authservId, domain: from.slice(from.lastIndexOf('@') + 1) })) return 'forged';
  const [id, sentAt] = [valueOf('message-id').trim(), Date.parse(valueOf('date'))];
  if (id === '' || id.length > LONGEST_FIELD || Number.isNaN(sentAt)) return 'unreadable';
  const text = await textOf(mail);
  if (text === null || text.length > LONGEST.text) return 'unreadable';
  return { id, from, to, text, sentAt: new Date(Math.min(sentAt, receivedAt.getTime())) };
}

/** `null`: there is none, or several, or it is no address. */
function only([one, ...others]: readonly Address[]): string | null {
  const address = one?.address;
  return others.length === 0 && address && address.length <= LONGEST.address && ADDRESS.test(address) ? address : null;
}

/** The subject and both forms of it, where it has both: with a code of its own in each it has two, and none is typed. `null`: nobody could read it. */
async function textOf({ subject, text, html }: Email): Promise<string | null> {
  const shown = html === undefined ? '' : await textOfHtml(html);
  return shown === null ? null : [subject ?? '', text ?? '', shown].join('\n');
}
