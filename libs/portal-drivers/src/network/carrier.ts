import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { setTimeout as pause } from 'node:timers/promises';
import { withDeadline } from '@rcm/telemetry';
import type { Destination, SessionAddresses } from './session-addresses.ts';
import { lookupOf } from './session-addresses.ts';

/** What a host answered. */
export interface Carried {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Milliseconds for an answer, its wait for a turn included, and bytes of it, packed or not: scripts and pictures are smaller. */
const CARRY_MS = 15_000;
const MOST_BYTES = 8 * 1024 * 1024;
/** So many at once; so many more may wait, and a page that asks for still more has those refused. */
const MOST_AT_ONCE = 16;
const MOST_WAITING = 200;
const TURN_MS = 10;

const PASSED_ON: readonly string[] = ['accept', 'accept-language', 'user-agent', 'origin'];

/** Of a page's request, what is passed on. No cookie: the host is nobody's to know. */
export const passedOn = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => PASSED_ON.includes(name.toLowerCase())));

/** Of the answer, what belongs to how it came. */
const NOT_RETURNED: ReadonlySet<string> = new Set([
  'set-cookie',
  'content-encoding',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'alt-svc',
]);

/**
 * Asks a host for something on a page's behalf, once the page holds a secret and the host may not receive any: the browser itself gets no connection there any
 * more, as not every request of a page is shown before it leaves (beacons of a page that goes, what is loaded ahead, where a redirect leads). Whoever calls has
 * seen that nothing in the request holds a secret. `null`: there is no answer that may be given.
 */
export class Carrier {
  readonly #addresses: SessionAddresses;
  #underWay = 0;
  #waiting = 0;

  constructor(addresses: SessionAddresses) {
    this.#addresses = addresses;
  }

  async get(url: string, destination: Destination, headers: Readonly<Record<string, string>>): Promise<Carried | null> {
    if (this.#waiting >= MOST_WAITING) return null;
    try {
      return await withDeadline({ ms: CARRY_MS, what: 'Asking a host for a page' }, (signal) =>
        this.#inTurn(signal, () => this.#ask(new URL(url), { destination, headers, signal })),
      );
    } catch {
      return null;
    }
  }

  async #inTurn(signal: AbortSignal, ask: () => Promise<Carried | null>): Promise<Carried | null> {
    this.#waiting += 1;
    try {
      while (this.#underWay >= MOST_AT_ONCE) await pause(TURN_MS, undefined, { signal });
    } finally {
      this.#waiting -= 1;
    }
    this.#underWay += 1;
    try {
      return await ask();
    } finally {
      this.#underWay -= 1;
    }
  }

  async #ask(url: URL, asked: { readonly destination: Destination; readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal }) {
    const found = await this.#addresses.of(asked.destination);
    const request = url.protocol === 'https:' ? requestTls : requestPlain;
    const headers = passedOn(asked.headers);
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = request(url, { headers: { ...headers, 'accept-encoding': 'identity' }, lookup: lookupOf(found), agent: false, signal: asked.signal });
      outgoing.on('response', resolve);
      outgoing.on('error', reject);
      outgoing.end();
    });
    const { statusCode: status = 0 } = answer;
    // A redirect could lead anywhere.
    if (status < 200 || (status >= 300 && status < 400)) return (answer.destroy(), null);
    return { status, headers: returned(answer), body: unpacked(await bodyOf(answer), answer.headers['content-encoding']) };
  }
}

async function bodyOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new Error('too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Some pack although they were asked not to. */
function unpacked(body: Buffer, encoding: string | undefined): Buffer {
  const limit = { maxOutputLength: MOST_BYTES };
  if (encoding === undefined || encoding === 'identity') return body;
  if (encoding === 'gzip') return gunzipSync(body, limit);
  if (encoding === 'deflate') return inflateSync(body, limit);
  if (encoding === 'br') return brotliDecompressSync(body, limit);
  throw new Error('unknown packing');
}

function returned(answer: IncomingMessage): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.headers))
    if (!NOT_RETURNED.has(name) && value !== undefined) kept[name] = Array.isArray(value) ? value.join(', ') : value;
  return kept;
}
