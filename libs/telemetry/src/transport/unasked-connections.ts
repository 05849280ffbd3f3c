import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Returns what ends a server's connections on which nothing was asked. Browsers open some ahead of what they ask for; Node counts them as busy until the time for a request is
 * over, and closing the server would wait for them so long. Called before the server listens.
 */
export function unaskedConnections(server: Server): () => void {
  const unasked = new Map<string, Socket>();
  // Under TLS what asks is another object than what was connected, with the same address.
  const addressOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;
  server.on('connection', (socket: Socket) => {
    const address = addressOf(socket);
    unasked.set(address, socket);
    socket.once('close', () => {
      if (unasked.get(address) === socket) unasked.delete(address);
    });
  });
  server.on('request', ({ socket }) => void unasked.delete(addressOf(socket)));
  return () => {
    for (const socket of unasked.values()) socket.destroy();
  };
}
