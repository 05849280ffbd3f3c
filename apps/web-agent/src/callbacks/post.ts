import { lookup as systemLookup } from 'node:dns';
import { request } from 'node:https';
import type { LookupFunction } from 'node:net';
import { addressSort, type HostAddress } from '@rcm/portal-drivers';
import { failureOf, type PostFailure, type Progress } from './post-failure.ts';
import type { Receiver } from './receiver.ts';

export interface Post {
  readonly receiver: Receiver;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For all of it, from the name to the answer's head. */
  readonly deadline: AbortSignal;
}

/**
 * Sends one POST and looks at the status of the answer alone; `null`: it was taken (2xx). No redirect is followed, nothing of the answer's body is read, no proxy is
 * used, and a new connection is made each time to an address that was looked at as it was resolved. Never rejects.
 */
export function post({ receiver, headers, body, deadline }: Post): Promise<PostFailure | null> {
  const progress: Progress = { isConnected: false, hasAnswered: false };
  return new Promise((resolve) => {
    const sent = request(receiver.url.reveal(), {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), connection: 'close' },
      agent: false,
      lookup: lookupAt(receiver.address),
      minVersion: 'TLSv1.2',
      ...(receiver.ca === undefined ? {} : { ca: receiver.ca }),
      maxHeaderSize: LARGEST_HEAD_BYTES,
      signal: deadline,
    });
    const end = (failure: PostFailure | null): void => {
      resolve(failure);
      sent.destroy();
    };
    sent.on('socket', (socket) => {
      socket.once('connect', () => (progress.isConnected = true));
    });
    sent.on('information', () => (progress.hasAnswered = true));
    sent.on('response', ({ statusCode = 0 }) => end(failureOfStatus(statusCode)));
    sent.on('error', (error) => {
      // Of TLS, what is counted is what has come out of it.
      if ((sent.socket?.bytesRead ?? 0) > 0) progress.hasAnswered = true;
      end(failureOf(error, progress, deadline.aborted));
    });
    sent.end(body);
  });
}

const LARGEST_HEAD_BYTES = 16_384;

/** 410 is how a receiver says that it wants nothing more (Standard Webhooks). */
function failureOfStatus(status: number): PostFailure | null {
  if (status >= 200 && status < 300) return null;
  if (status === 410) return { reason: 'gone', status };
  if (status >= 300 && status < 400) return { reason: 'redirected', status };
  return { reason: status >= 500 ? 'failed' : 'refused', status };
}

/** Resolves a name to addresses of that sort alone: one of another, and none is connected to. A literal address is not asked for; it was looked at when it was configured. */
export const lookupAt =
  (sort: HostAddress, resolver: typeof systemLookup = systemLookup): LookupFunction =>
  (name, options, callback) =>
    resolver(name, { ...options, all: true }, (error, found) => {
      const [first] = found ?? [];
      if (error || !first) return void callback(error ?? new Error('no address'), []);
      if (found.some(({ address }) => addressSort(address).kind !== sort)) return void callback(new AddressRefused('another sort of address'), []);
      return options.all ? void callback(null, found) : void callback(null, first.address, first.family);
    });

/** A name that leads elsewhere than the deployment says. */
class AddressRefused extends Error {
  readonly code = 'RCM_ADDRESS_REFUSED';
}
