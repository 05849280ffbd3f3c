import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { makeCa, makeCertificate } from '@rcm/test-services';

/** How a receiver treats what it is told. */
export type Manners = 'takes' | 'silent' | 'slow' | 'no http' | 'breaks off' | 'endless head' | number;

export interface Told {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A receiver over TLS of its own, that has a certificate for 127.0.0.1 and none for `localhost`. */
export interface TestReceiver {
  readonly url: string;
  readonly port: number;
  /** PEM; nobody knows it. */
  readonly ca: string;
  readonly told: readonly Told[];
  behave(manners: Manners): void;
  /** Aborts once the next request has come and its answer is on its way as far as it ever will be: what a deadline finds, without a clock. */
  deadline(): AbortSignal;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<TestReceiver> {
  const folder = mkdtempSync(join(tmpdir(), 'rcm-receiver-'));
  const ca = makeCa(folder, 'ca');
  const own = makeCertificate(folder, { name: 'own', ca, names: 'IP:127.0.0.1' });
  const told: Told[] = [];
  let manners: Manners = 'takes';
  let waiting: AbortController[] = [];
  const server = createServer({ cert: readFileSync(own.cert), key: readFileSync(own.key) }, (request, response) => {
    void answer(request, response, manners).then(async (one) => {
      told.push(one);
      // Whoever reads the other end of the connection does so in this very loop.
      for (let turn = 0; turn < 100; turn += 1) await setImmediate();
      for (const each of waiting) each.abort();
      waiting = [];
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}/rcm?token=canary-token`,
    port,
    ca: readFileSync(ca.cert, 'utf8'),
    told,
    behave: (next) => void (manners = next),
    deadline() {
      const controller = new AbortController();
      waiting.push(controller);
      return controller.signal;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, manners: Manners): Promise<Told> {
  let body = '';
  for await (const part of request.setEncoding('utf8')) body += String(part);
  const { socket } = request;
  if (manners === 'takes') response.writeHead(204).end();
  else if (typeof manners === 'number') response.writeHead(manners, { location: 'https://127.0.0.1:1/', 'content-type': 'text/plain' }).end('canary-answer');
  else if (manners === 'slow') await new Promise((resolve) => socket.write('HTTP/1.1 200 OK\r\nx-a: ', resolve));
  else if (manners === 'no http') socket.end('SSH-2.0-canary\r\n');
  else if (manners === 'breaks off') socket.destroy();
  else if (manners === 'endless head') socket.write(`HTTP/1.1 200 OK\r\nx-a: ${'a'.repeat(100_000)}`);
  return { headers: request.headers as Record<string, string>, body };
}
