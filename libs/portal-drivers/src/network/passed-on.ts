import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Headers between two hops only (RFC 9110, 7.6.1); `proxy-connection` is what browsers send to a proxy. */
const HOP_HEADERS = new Set(['proxy-connection', 'proxy-authorization', 'connection', 'keep-alive', 'te', 'trailer', 'upgrade']);

/** Raw header pairs without those that concern one hop only. */
export function passedOn(raw: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    if (!HOP_HEADERS.has(name.toLowerCase())) kept.push(name, raw[index + 1] ?? '');
  }
  return kept;
}

/** A portal's answer that is broken off must not look like a whole one: the browser's connection ends with it. */
export function passBack(response: IncomingMessage, answer: ServerResponse, browser: Socket): void {
  try {
    answer.writeHead(response.statusCode ?? 502, response.statusMessage, [...passedOn(response.rawHeaders), 'connection', 'close']);
  } catch {
    // Node reads more as a status, and as its words, than it writes. Thrown from here it would end the process.
    return void browser.destroy();
  }
  response.pipe(answer);
  response.on('error', () => browser.destroy());
  response.on('aborted', () => browser.destroy());
}
