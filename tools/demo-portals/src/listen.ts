import { createAdaptorServer } from '@hono/node-server';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DemoPortalsError } from './error.ts';
import { readSetting, writeSetting } from './records/settings.ts';
import type { Records } from './records/database.ts';

export interface Listener {
  readonly port: number;
  readonly baseUrl: string;
  close(): Promise<void>;
}

/** What answers the requests of one site. */
export interface App {
  readonly fetch: Parameters<typeof createAdaptorServer>[0]['fetch'];
}

const HOST = '127.0.0.1';

/**
 * Serves `app` on loopback. A `port` of 0 means the port this name had before in the same records, or a free one the first time:
 * addresses of portals are stored in others' databases. Fails with `port_unavailable`; it never moves to another port by itself.
 */
export async function listen(
  records: Records,
  options: {
    readonly name: string;
    readonly port: number;
    readonly app: App;
    /** Another address of this machine. Default: 127.0.0.1. */
    readonly host?: string | undefined;
  },
): Promise<Listener> {
  const { host = HOST } = options;
  const setting = `port/${options.name}`;
  const before = readSetting(records, setting);
  const wanted = options.port !== 0 ? options.port : typeof before === 'number' ? before : 0;
  const server = createAdaptorServer({ fetch: options.app.fetch }) as Server;
  await new Promise<void>((resolve, reject) => {
    // Stays on: a later failure to accept must not end the process.
    server.on('error', (cause: NodeJS.ErrnoException) => reject(new DemoPortalsError('port_unavailable', sentence(options, wanted, cause.code), { cause })));
    server.listen(wanted, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  if (port !== before) writeSetting(records, setting, port);
  return {
    port,
    baseUrl: `http://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function sentence({ name, port }: { readonly name: string; readonly port: number }, wanted: number, code: string | undefined): string {
  const whose = port === 0 && wanted !== 0 ? `Port ${wanted}, which ${name} had when its data file was last used,` : `Port ${wanted} for ${name}`;
  return code === 'EADDRINUSE' ? `${whose} is already in use.` : `${whose} cannot be had (${code ?? 'error'}).`;
}
