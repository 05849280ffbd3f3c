import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

/** A way to Postgres that a test can cut while Postgres itself goes on, or lead to another server, as a name does that is moved. */
export interface Relay {
  readonly url: string;
  /** Ends the connections there are and refuses new ones. */
  cut(): void;
  mend(): void;
  /** As `mend`, to another server. */
  moveTo(databaseUrl: string): void;
  close(): Promise<void>;
}

export async function openRelay(databaseUrl: string): Promise<Relay> {
  let target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((socket) => {
    if (isCut) return void socket.destroy();
    const upstream = connect(Number(target.port || 5432), target.hostname);
    for (const [from, to] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    cut,
    mend: () => void (isCut = false),
    moveTo(other) {
      [target, isCut] = [new URL(other), false];
    },
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
