import type { IdentityKeys } from '@rcm/credentials';
import type { Database } from '@rcm/db';
import { type Logger, type Metrics, RcmError, type Secret, unaskedConnections } from '@rcm/telemetry';
import { randomUUID } from 'node:crypto';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Receivers } from '../callbacks/receiver.ts';
import { Callers } from './callers.ts';
import { catalogueRoutes } from './catalogue-routes.ts';
import { codeRoutes } from './code-routes.ts';
import { DeclaredTasks } from './declared-tasks.ts';
import type { Gateway } from './inbound/gateway.ts';
import { inboundRoutes } from './inbound/routes.ts';
import { jsonBody } from './json-body.ts';
import { KEEP_ALIVE_MS } from './keep-alive.ts';
import { openApiDocument } from './openapi.ts';
import { refuseOtherMethods } from './other-methods.ts';
import { Patience } from './patience.ts';
import { type Problem, problem, PROBLEM_TYPE, problemOf } from './problem.ts';
import { TenantRate } from './rate.ts';
import { taskActs } from './task-acts.ts';
import { taskRoutes } from './task-routes.ts';
import { type Tracing } from '@rcm/portal-access/tracing';
import { challengeOf, refusalOf } from './token-refusal.ts';
import { noteRequest } from './traced-request.ts';
import { createTokenCheck, type TokenRules } from './token.ts';

export interface ApiOptions {
  readonly db: Database;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly token: TokenRules;
  /** Default: none. */
  readonly tracing?: Tracing | undefined;
  /** 0 takes a free port. */
  readonly port: number;
  readonly host: string;
  /** Certificate chain and key, PEM. Default: plain HTTP, for this machine or a proxy with TLS. */
  readonly tls?: { readonly cert: string; readonly key: Secret<string> } | null;
  /** Requests a minute of one tenant, in this process. */
  readonly perMinute: number;
  /** Tasks of one organization that may wait at once. */
  readonly maxQueued: number;
  /** What tasks may name to be told of their end. Default: nothing. */
  readonly receivers?: Receivers | undefined;
  /** Largest request body, in bytes. */
  readonly bodyLimitBytes: number;
  /** Gateways whose messages are taken, and by which keys the database knows what is in them. Default: none. */
  readonly inbound?: { readonly gateways: ReadonlyMap<string, Gateway>; readonly keys: IdentityKeys } | undefined;
}

export interface ApiServer {
  readonly port: number;
  /** Takes no new request and answers those in hand. */
  close(): Promise<void>;
}

/** For a request to arrive, and for a connection on which nothing moves, in ms: an answer may be waited for half as long. */
const REQUEST_MS = 30_000;
const STILL_MS = 60_000;

/** Serves tasks to other services. Fails with `config_invalid` where the port cannot be had. */
export async function startApi(options: ApiOptions): Promise<ApiServer> {
  let closing = false;
  const server = newServer(options);
  const endUnasked = unaskedConnections(server.server);
  server.addHook('preClose', async () => endUnasked());
  server.addContentTypeParser('application/json', { parseAs: 'string' }, async (_request: FastifyRequest, body: string) => jsonBody(body));
  server.addHook('onRequest', async (_request, reply) => {
    if (!closing) return;
    reply.header('connection', 'close').header('retry-after', 1);
    return send(reply, problem(503, 'stopping', 'This web-agent is stopping; ask again.'));
  });
  server.addHook('onSend', async (request, reply) => {
    void reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff').header('x-request-id', request.id);
  });
  noteAnswers(server, options);
  refuseByProblems(server, options);
  const document = JSON.stringify(openApiDocument());
  server.get('/v1/openapi.json', async (_request, reply) => reply.type('application/json').send(document));
  // Two: services that wait for their tasks, however many, must not keep a code from the login that it was sent for. Not every gateway hands one on again.
  const [patience, ofMessages] = [new Patience(), new Patience()];
  const callers = new Callers({ check: createTokenCheck(options.token), rate: new TenantRate({ perMinute: options.perMinute }) });
  const parts = { ...options, callers, patience, declared: new DeclaredTasks(), receivers: options.receivers ?? new Receivers() };
  await server.register(async (routes) => {
    routes.addHook('onRequest', callers.letIn);
    for (const add of [taskRoutes, taskActs, catalogueRoutes, codeRoutes]) await routes.register(add(parts));
  });
  if (options.inbound) await server.register(inboundRoutes({ ...options, ...options.inbound, patience: ofMessages }));
  refuseOtherMethods(server);
  await listen(server, options);
  const { port } = server.server.address() as AddressInfo;
  return {
    port,
    close() {
      closing = true;
      patience.end();
      ofMessages.end();
      return server.close();
    },
  };
}

/** What a request may be in size and time, and refusals of what comes to no route. */
const newServer = ({ tls, bodyLimitBytes }: ApiOptions): FastifyInstance =>
  fastify({
    // Its own log lines would hold addresses and headers; every request gets one line below.
    logger: false,
    https: tls ? { cert: tls.cert, key: tls.key.reveal(), minVersion: 'TLSv1.2' } : null,
    bodyLimit: bodyLimitBytes,
    genReqId: (request) => requestId(request.headers['x-request-id']),
    requestTimeout: REQUEST_MS,
    connectionTimeout: STILL_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 100 },
    // Its own refusals repeat what was asked and are no problems; ours follow.
    return503OnClosing: false,
    frameworkErrors: (_error, _request, reply) => void refuse(reply.raw, problem(400, 'request_invalid', 'The address is not well-formed.')),
    clientErrorHandler: (_error, socket) => refuseUnread(socket),
  });

/** Each answer is counted, timed and gets one line; neither address nor body is in it. */
function noteAnswers(server: FastifyInstance, { logger, metrics, tracing }: ApiOptions): void {
  const answered = metrics.counter('rcm_api_requests_total');
  const took = metrics.histogram('rcm_api_request_seconds');
  server.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    answered.inc({ route, status: String(reply.statusCode) });
    took.observe({ route }, reply.elapsedTime / 1000);
    noteRequest(tracing, request, reply);
    logger.info({ requestId: request.id, method: request.method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'request');
  });
}

function refuseByProblems(server: FastifyInstance, { logger, metrics }: ApiOptions): void {
  const refusedTokens = metrics.counter('rcm_api_tokens_refused_total');
  server.setErrorHandler(async (error, request, reply) => {
    const answer = problemOf(error, logger);
    const refusal = refusalOf(error);
    if (refusal) {
      refusedTokens.inc({ reason: refusal.reason });
      logger.warn({ requestId: request.id, ...refusal, route: request.routeOptions.url ?? 'none' }, 'a token was refused');
      reply.header('www-authenticate', challengeOf(refusal));
    }
    return send(reply, answer);
  });
  server.setNotFoundHandler(async (_request, reply) => send(reply, problem(404, 'not_found', 'There is no such address; see /v1/openapi.json.')));
}

/** The caller's own, where it is one that a log may hold; else a new one. */
const requestId = (given: string | string[] | undefined): string => (typeof given === 'string' && /^[A-Za-z0-9._-]{1,100}$/.test(given) ? given : randomUUID());

const send = (reply: FastifyReply, answer: Problem): FastifyReply => reply.code(answer.status).type(PROBLEM_TYPE).send(JSON.stringify(answer));

/** For a request that the framework gives to no route and no hook. */
function refuse(response: ServerResponse, answer: Problem): void {
  response.writeHead(answer.status, { 'content-type': PROBLEM_TYPE, 'cache-control': 'no-store', connection: 'close' }).end(JSON.stringify(answer));
}

/** For what is no HTTP request at all, or one whose head is too large or too slow. */
function refuseUnread(socket: Socket): void {
  const body = JSON.stringify(problem(400, 'request_invalid', 'The request is not well-formed HTTP, or took too long.'));
  if (socket.writable)
    socket.write(`HTTP/1.1 400 Bad Request\r\ncontent-type: ${PROBLEM_TYPE}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`);
  socket.destroySoon();
}

async function listen(server: Pick<FastifyInstance, 'listen' | 'close'>, { port, host }: ApiOptions): Promise<void> {
  try {
    await server.listen({ port, host });
  } catch (cause) {
    await server.close();
    throw new RcmError('config_invalid', `The HTTP API could not listen on ${host}:${port}; choose another with RCM_API_HOST and RCM_API_PORT.`, { cause });
  }
}
