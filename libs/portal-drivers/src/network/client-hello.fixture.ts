import { type AddressInfo, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** The first bytes of a TLS client that offers these protocols. */
export async function helloOf(protocols: readonly string[]): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const server = createServer((socket) => socket.once('data', (bytes) => (resolve(bytes), socket.destroy())));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const client = connectTls({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, ALPNProtocols: [...protocols] });
  client.on('error', () => undefined);
  const bytes = await promise;
  client.destroy();
  server.close();
  return bytes;
}
