import { createServer, type AddressInfo } from 'node:net';

/** A port on 127.0.0.1 that nobody listens on now. Somebody may take it before its user does: who can, lets the kernel choose (port 0). */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
