import { once } from 'node:events';
import { createServer } from 'node:net';

/** Ports of which systems give out none by themselves (Linux begins at 32768). */
const [LOWEST, HIGHEST] = [12_000, 32_000];

/**
 * A port of loopback that is free, and that nobody who asks the system for any port is given before it is used, or used again.
 * Throws what `listen` says where a port cannot be had for another reason than that it is taken.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  }
  server.close();
  await once(server, 'close');
  return true;
}
