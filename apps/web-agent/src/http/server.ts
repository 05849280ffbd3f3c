import { type Database, type Jobs } from '@rcm/db';
import { type Logger, type Metrics, RcmError } from '@rcm/telemetry';
import fastify, { type FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';
import { openApiDocument } from './openapi.ts';
import { problem, problemOf } from './problem.ts';
import { TenantRate } from './rate.ts';
import { taskRoutes } from './task-routes.ts';
import { createTokenCheck, type TokenRules } from './token.ts';

export interface ApiOptions {
  readonly db: Database;
  readonly jobs: Jobs;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly token: TokenRules;
  /** 0 takes a free port. */
  readonly port: number;
  readonly host: string;
  /** Requests a minute of one tenant, in this process. */
  readonly perMinute: number;
  /** Tasks of one organization that may wait at once. */
  readonly maxQueued: number;
  /** Largest request body, in bytes. */
  readonly bodyLimitBytes: number;
}

export interface ApiServer {
  readonly port: number;
  /** Takes no new request and answers those in hand. */
  close(): Promise<void>;
}

/** For a request to arrive, and for an answer to a request that hangs, in ms. */
const REQUEST_MS = 30_000;
const KEEP_ALIVE_MS = 5_000;

/** Serves tasks to other services. Fails with `config_invalid` where the port cannot be had. */
export async function startApi(options: ApiOptions): Promise<ApiServer> {
  const { logger, metrics } = options;
  const server = fastify({
    // Its own log lines would hold addresses and headers; every request gets one line below.
    logger: false,
    bodyLimit: options.bodyLimitBytes,
    requestTimeout: REQUEST_MS,
    connectionTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 100 },
  });
  const answered = metrics.counter('rcm_api_requests_total', 'Requests of the HTTP API by route and status', ['route', 'status']);
  server.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff'));
  server.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    answered.inc({ route, status: String(reply.statusCode) });
    logger.info({ method: request.method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'request');
  });
  server.setErrorHandler(async (error, _request, reply) => {
    const answer = problemOf(error, logger);
    if (answer.status === 401) reply.header('www-authenticate', 'Bearer');
    return reply.code(answer.status).type('application/problem+json').send(JSON.stringify(answer));
  });
  server.setNotFoundHandler(async (_request, reply) =>
    reply
      .code(404)
      .type('application/problem+json')
      .send(JSON.stringify(problem(404, 'not_found', 'There is no such address; see /v1/openapi.json.'))),
  );
  const document = JSON.stringify(openApiDocument());
  server.get('/v1/openapi.json', async (_request, reply) => reply.type('application/json').send(document));
  await server.register(taskRoutes({ ...options, check: createTokenCheck(options.token), rate: new TenantRate({ perMinute: options.perMinute }) }));
  await listen(server, options);
  return { port: (server.server.address() as AddressInfo).port, close: () => server.close() };
}

async function listen(server: FastifyInstance, { port, host }: ApiOptions): Promise<void> {
  try {
    await server.listen({ port, host });
  } catch (cause) {
    await server.close();
    throw new RcmError('config_invalid', `The HTTP API could not listen on ${host}:${port}; choose another with RCM_API_HOST and RCM_API_PORT.`, { cause });
  }
}
