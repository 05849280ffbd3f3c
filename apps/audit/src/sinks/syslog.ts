import { connect as connectSocket, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { connect as connectTls } from 'node:tls';
import { RcmError } from '@rcm/telemetry';
import type { HeadSink } from './sink.ts';

/** Where a syslog server listens: by TLS, `ca` being certificates in PEM, or a stream socket on this machine. */
export type SyslogPlace = { readonly socket: string } | { readonly host: string; readonly port: number; readonly ca?: string | undefined };

/** `tls://host:port` (6514 where none is named) or `unix:/path`; `null` for anything else. */
export function syslogPlace(text: string, ca?: string): SyslogPlace | null {
  if (/^unix:\/[^\0]+$/.test(text)) return { socket: text.slice('unix:'.length) };
  const url = URL.parse(text);
  if (url?.protocol !== 'tls:' || url.hostname === '' || url.pathname.replace('/', '') !== '' || url.search !== '' || url.username !== '') return null;
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 6514), ca };
}

/** Facility 13, log audit; severity 5, notice. */
const PRIORITY = 13 * 8 + 5;

/** Heads, one a message. */
export const syslog = (place: SyslogPlace): HeadSink => ({
  name: 'syslog',
  write: (heads, signal) => sendToSyslog(place, { kind: 'head', texts: heads.map(({ line }) => line) }, signal),
  close: () => {},
});

export interface SyslogMessages {
  /** MSGID: what they are. */
  readonly kind: 'head' | 'event';
  readonly texts: readonly string[];
}

/**
 * RFC 5424 messages, framed by octet counting (RFC 5425, RFC 6587). Syslog has no acknowledgement: written means that the other end has taken
 * every byte and has ended the connection in order. A connection for each call; the server's certificate is proved. Fails with `audit_unavailable`.
 */
export async function sendToSyslog(place: SyslogPlace, { kind, texts }: SyslogMessages, signal: AbortSignal): Promise<void> {
  const socket = opened(place);
  const give = () => socket.destroy(new Error('given up'));
  signal.addEventListener('abort', give, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      let isFlushed = false;
      socket.once('error', reject);
      // An end of the connection before our last byte is out is no success.
      socket.once('close', () => (isFlushed ? resolve() : reject(new Error('the connection ended'))));
      socket.once('finish', () => (isFlushed = true));
      socket.resume();
      socket.end(texts.map((text) => framed(message(kind, text))).join(''));
    });
  } catch (cause) {
    throw new RcmError('audit_unavailable', `Syslog did not take the ${kind}s (${(cause as NodeJS.ErrnoException).code ?? 'error'}).`, { cause });
  } finally {
    signal.removeEventListener('abort', give);
    socket.destroy();
  }
}

function opened(place: SyslogPlace): Socket {
  if ('socket' in place) return connectSocket({ path: place.socket });
  const { host, port, ca } = place;
  return connectTls({ host, port, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) });
}

/** The time is this machine's: a head's or an event's own is in the text. */
const message = (kind: SyslogMessages['kind'], text: string): string =>
  `<${PRIORITY}>1 ${new Date().toISOString()} ${host()} rcm-audit ${process.pid} ${kind} - ${text}`;

/** PRINTUSASCII without spaces, 255 at most. */
const host = (): string =>
  hostname()
    .replace(/[^\x21-\x7e]/g, '')
    .slice(0, 255) || '-';

const framed = (text: string): string => `${Buffer.byteLength(text)} ${text}`;
