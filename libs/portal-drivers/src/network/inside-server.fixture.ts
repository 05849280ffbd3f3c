import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A server on loopback that notes whoever reaches it. */
export class InsideServer {
  readonly reached: string[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', ({ method, url }, response) => {
      this.reached.push(`${method} ${url}`);
      response.writeHead(200, { 'access-control-allow-origin': '*' }).end('inside');
    });
    server.on('connection', (socket) => {
      this.reached.push('connection');
      this.#sockets.add(socket);
    });
    server.on('upgrade', (_request, socket) => socket.destroy());
  }

  static async start(): Promise<InsideServer> {
    const server = createServer();
    const inside = new InsideServer(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return inside;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
