import { canMakeCertificates, makeSigner } from '@rcm/test-services';
import { mkdtempDisposableSync, readFileSync } from 'node:fs';
import { createServer, get, type Server } from 'node:http';
import { createServer as createSecureServer, get as getSecurely } from 'node:https';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { unaskedConnections } from './unasked-connections.ts';

/** Waits for a request without an end, as no other limit is to end what this ends. */
const PATIENT = { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 };

async function endsUnaskedOnly(server: Server, ask: (port: number) => Promise<string>): Promise<void> {
  const endUnasked = unaskedConnections(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const asked = once(server, 'request') as unknown as Promise<[unknown, { end(text: string): void }]>;
  const answer = ask(port);
  const [, response] = await asked;
  const connected = once(server, 'connection');
  const silent = connect(port, '127.0.0.1').resume();
  silent.on('error', () => undefined);
  const gone = once(silent, 'close');
  await connected;
  endUnasked();
  await gone;
  const closed = once(server.close(), 'close');
  response.end('answered');
  expect(await answer).toBe('answered');
  await closed;
}

const OPTIONS = { agent: false, headers: { connection: 'close' } };
async function textOf(request: ReturnType<typeof get>): Promise<string> {
  const [response] = (await once(request, 'response')) as [AsyncIterable<Buffer>];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return text;
}

test('a connection on which nothing was asked is ended, and one with a request in hand is not', async () => {
  await endsUnaskedOnly(createServer(PATIENT), (port) => textOf(get({ port, ...OPTIONS })));
});

test.runIf(canMakeCertificates())('so it is under TLS, also before the handshake', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'rcm-unasked-'));
  const { cert, key } = makeSigner(folder.path, 'server');
  const server = createSecureServer({ ...PATIENT, handshakeTimeout: 3_600_000, cert: readFileSync(cert), key: readFileSync(key) });
  await endsUnaskedOnly(server, (port) => textOf(getSecurely({ port, ...OPTIONS, rejectUnauthorized: false })));
});
