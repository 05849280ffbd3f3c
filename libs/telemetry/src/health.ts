import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { withDeadline } from './clock.ts';
import { isRcmError, RcmError } from './error.ts';
import type { Metrics } from './metrics/metrics.ts';

export interface HealthOptions {
  /** 0 takes a free port. */
  readonly port: number;
  /** Default `127.0.0.1`; a container sets `0.0.0.0`. */
  readonly host?: string;
  readonly metrics: Metrics;
  /** What `/readyz` answers: one named check each, a sentence on failure, `null` when fine. Called per request. */
  readonly checks: Readonly<Record<string, () => string | null | Promise<string | null>>>;
  /** What this deployment leaves unprotected, a sentence each; `/healthz` repeats them. Default none. */
  readonly warnings?: readonly string[];
  /** Milliseconds after which a check counts as failed. Default 5000. */
  readonly checkTimeoutMs?: number;
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly type?: string;
}

/**
 * `/healthz`: the process runs, and what it leaves unprotected. `/readyz`: it can work now (503 and the reasons if not). `/metrics`: Prometheus text.
 * Fails with `config_invalid` where the port cannot be had.
 */
export async function startHealthServer(options: HealthOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    answer(request, options)
      .catch((): Answer => ({ status: 500, body: '{"error":"internal"}' }))
      .then((reply) => send(response, reply))
      .catch(() => response.destroy());
  });
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    // Stays on: a later failure to accept (no file handle left) must not end the process.
    server.on('error', (cause: NodeJS.ErrnoException) => reject(new RcmError('config_invalid', portSentence(options.port, cause.code), { cause })));
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

async function answer(request: IncomingMessage, options: HealthOptions): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return { status: 405, body: '{"error":"only GET"}' };
  const path = request.url?.split('?', 1)[0];
  if (path === '/healthz') return { status: 200, body: JSON.stringify({ ok: true, ...(options.warnings?.length ? { warnings: options.warnings } : {}) }) };
  if (path === '/metrics') return { status: 200, body: await options.metrics.exposition(), type: options.metrics.contentType };
  if (path !== '/readyz') return { status: 404, body: '{"error":"not found"}' };
  const answers = await Promise.all(
    Object.entries(options.checks).map(async ([name, check]) => [name, await problemOf(check, options.checkTimeoutMs ?? 5000)] as const),
  );
  const problems = Object.fromEntries(answers.filter(([, problem]) => problem !== null));
  const ok = Object.keys(problems).length === 0;
  return { status: ok ? 200 : 503, body: JSON.stringify(ok ? { ok } : { ok, problems }) };
}

/** A check that throws or hangs is a failed check, not a failed server. Foreign messages stay inside. */
async function problemOf(check: () => string | null | Promise<string | null>, ms: number): Promise<string | null> {
  try {
    return await withDeadline({ ms, what: 'The check' }, async () => check());
  } catch (error) {
    return isRcmError(error) ? error.message : 'The check failed.';
  }
}

function send(response: ServerResponse, { status, body, type = 'application/json' }: Answer): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}

const portSentence = (port: number, code: string | undefined): string =>
  code === 'EADDRINUSE'
    ? `Port ${port} is already in use; set another health port.`
    : `The health server could not listen on port ${port} (${code ?? 'error'}).`;
