import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.ts';
import { RcmError } from './error.ts';

export interface HealthOptions {
  /** 0 takes a free port. */
  readonly port: number;
  /** Default `127.0.0.1`; a container sets `0.0.0.0`. */
  readonly host?: string;
  readonly metrics: Metrics;
  /** What `/readyz` answers: one named check each, a sentence on failure, `null` when fine. Called per request. */
  readonly checks: Readonly<Record<string, () => string | null | Promise<string | null>>>;
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/** `/healthz`: the process runs. `/readyz`: it can work now (503 and the reasons if not). `/metrics`: Prometheus text. */
export async function startHealthServer(options: HealthOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const send = (status: number, body: string, type = 'application/json') => response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    const answer = async () => {
      if (request.method !== 'GET') return send(405, '{"error":"only GET"}');
      if (request.url === '/healthz') return send(200, '{"ok":true}');
      if (request.url === '/metrics') return send(200, await options.metrics.exposition(), options.metrics.contentType);
      if (request.url !== '/readyz') return send(404, '{"error":"not found"}');
      const entries = await Promise.all(Object.entries(options.checks).map(async ([name, check]) => [name, await check()] as const));
      const problems = Object.fromEntries(entries.filter(([, problem]) => problem !== null));
      const ok = Object.keys(problems).length === 0;
      return send(ok ? 200 : 503, JSON.stringify(ok ? { ok } : { ok, problems }));
    };
    answer().catch(() => send(500, '{"error":"internal"}'));
  });
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new RcmError('config_invalid', cause.code === 'EADDRINUSE' ? `Port ${options.port} is already in use; set another health port.` : `The health server could not listen on port ${options.port} (${cause.code}).`, { cause }),
      ),
    );
    server.listen(options.port, options.host ?? '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
