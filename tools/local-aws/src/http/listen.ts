import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StartError } from '../start-error.ts';

/** The largest body any operation here can use is an SNS message of 256 KB, percent-encoded; in Vault, 64 KB of escaped text. */
const MAX_BODY_BYTES = 1_048_576;
const MAX_CONNECTIONS = 1_024;
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than a client pauses between two polls, so that it rarely meets a connection that is just being closed. */
const KEEP_ALIVE_MS = 65_000;

export interface Place {
  readonly host: string;
  readonly port: number;
}

export interface Listening {
  readonly port: number;
  /** Lets requests in hand finish, a second at most. */
  close(): Promise<void>;
}

/** `stopping` aborts with `close`, for whoever waits on purpose. What fails ends without an answer. */
export type Serve = (incoming: IncomingMessage, response: ServerResponse, stopping: AbortSignal) => Promise<void>;

/** Listens until `close`. Fails with `port_unavailable`. */
export async function listen(place: Place, serve: Serve): Promise<Listening> {
  const stopping = new AbortController();
  const server = createServer((request, response) => {
    serve(request, response, stopping.signal).catch(() => response.destroy());
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await listening(server, place);
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      stopping.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const rest = setTimeout(() => server.closeAllConnections(), 1_000);
      await closed;
      clearTimeout(rest);
    },
  };
}

const listening = (server: Server, { host, port }: Place): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const problem = cause.code === 'EADDRINUSE' ? 'is in use by another process' : `cannot be listened on (${cause.code ?? cause.message})`;
      reject(new StartError('port_unavailable', `Port ${port} on ${host} ${problem}.`, cause));
    });
    server.listen(port, host, () => resolve());
  });

/** `null` where the body is larger than anything an operation can use. */
export async function readBody(incoming: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** `null` where it is none. */
export function parseJson(text: Buffer | string): unknown {
  try {
    return JSON.parse(text.toString());
  } catch {
    return null;
  }
}
