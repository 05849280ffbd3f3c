import type { Request } from 'playwright';
import { looksOfBody } from './body-look.ts';
import type { Destination } from './session-addresses.ts';
import type { Look } from './unanswered.ts';

/** How a request looks to the proxy; `destination`: where a tunnel leads that carries it, `null` where it goes without one. */
export const looksOf = (request: Request, destination: Destination | null): readonly Look[] =>
  destination === null
    ? [{ what: plainLook(request.method(), new URL(request.url())), times: 1 }]
    : looksOfBody(destination, request.postDataBuffer()?.length ?? 0);

/** What Chromium adds over https to the headers that it tells of, at least: Accept-Encoding and three of Sec-Fetch. */
const ADDED_BYTES = 111;
/** It puts headers and body into one record where both are shorter than 1,400 bytes (net/http/http_stream_parser.cc); so much less are those that it tells of. */
const SURELY_ONE_BYTES = 800;

/** How long the first record of a request is by HTTP/1.1, at least. `cookies`: of its address. */
export function firstBytesOf(request: Request, cookies: readonly { readonly name: string; readonly value: string }[]): number {
  const { host, pathname, search } = new URL(request.url());
  const body = request.postDataBuffer()?.length ?? 0;
  const told = Object.entries(request.headers()).filter(([name]) => !['cookie', 'host', 'connection', 'content-length'].includes(name));
  const all = [
    ...told,
    ['host', host],
    ['connection', 'keep-alive'],
    ...(body > 0 ? [['content-length', String(body)]] : []),
    ...(cookies.length > 0 ? [['cookie', cookies.map(({ name, value }) => `${name}=${value}`).join('; ')]] : []),
  ];
  const lines = [`${request.method()} ${pathname}${search} HTTP/1.1`, ...all.map((pair) => pair.join(': ')), '', ''];
  const headers = lines.join('\r\n').length + ADDED_BYTES;
  return headers + body < SURELY_ONE_BYTES + ADDED_BYTES ? headers + body : headers;
}

/** Of a request without a tunnel the proxy sees all. */
export const plainLook = (method: string, { origin, pathname, search }: URL): string => `${method} ${origin}${pathname}${search}`;
