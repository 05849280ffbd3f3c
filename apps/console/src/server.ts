import cookies from '@fastify/cookie';
import forms from '@fastify/formbody';
import type { Database } from '@rcm/db';
import { type Logger, type Metrics, RcmError, type Secret, unaskedConnections } from '@rcm/telemetry';
import fastify, { type FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';
import { approvalRoutes } from './acts/approval-routes.ts';
import { bulkRoutes } from './acts/bulk-routes.ts';
import { codeRoutes } from './acts/code-routes.ts';
import { migrationRoutes } from './acts/migration-routes.ts';
import { portalChangeRoutes } from './acts/portal-change-routes.ts';
import { readRoutes, type ShownOnce } from './acts/read-routes.ts';
import { actRoutes } from './acts/routes.ts';
import { setRoutes } from './acts/set-routes.ts';
import type { GroupRole } from './access/groups.ts';
import { failurePage, notFoundPage } from './pages/failure.ts';
import { changesRoutes } from './live/routes.ts';
import { Streams, type StreamsOptions } from './live/streams.ts';
import { Issuer, type IssuerOptions } from './sign-in/issuer.ts';
import { SIGN_IN, signInRoutes } from './sign-in/routes.ts';
import { visitorOf } from './sign-in/visitor.ts';
import { failureOf } from './web/failure.ts';
import './web/fastify.ts';
import { securityHeaders } from './web/headers.ts';
import { accessRoutes } from './web/access-routes.ts';
import { auditFile } from './web/audit-file.ts';
import { auditRoutes } from './web/audit-routes.ts';
import { KEEP_ALIVE_MS } from './web/keep-alive.ts';
import { lookRoutes } from './web/look-routes.ts';
import { htmlOf } from './web/markup.ts';
import { overviewRoutes } from './web/overview-routes.ts';
import { pageRoutes } from './web/page-routes.ts';
import { portalRoutes } from './web/portal-routes.ts';
import { rotationRoutes } from './web/rotation-routes.ts';
import { SCRIPT, SCRIPT_PATH } from './web/script.ts';
import { STYLE, STYLE_PATH } from './web/style.ts';
import { viewRoutes } from './web/view-routes.ts';

export interface ConsoleOptions {
  readonly db: Database;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Where people's browsers reach it. */
  readonly origin: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly host: string;
  /** Default: plain HTTP, for this machine or a proxy with TLS. */
  readonly tls?: { readonly cert: string; readonly key: Secret<string> } | null;
  readonly issuer: Omit<IssuerOptions, 'redirectUri'>;
  readonly groups: readonly GroupRole[];
  readonly groupsClaim: string;
  readonly idleMs: number;
  readonly sessionMs: number;
  /** Event streams that are open at a time, and how often it is looked for what changed, in ms. */
  readonly live: Pick<StreamsOptions, 'most' | 'roundMs'>;
  /** How it shows, once, what two people have agreed on (docs/break-glass.md). `null`: a terminal alone does. */
  readonly passwords: ShownOnce | null;
  /** Whether an operator may type one (docs/console.md). `false`: a terminal alone takes it. */
  readonly takesPasswords: boolean;
}

export interface ConsoleServer {
  readonly port: number;
  close(): Promise<void>;
}

const REQUEST_MS = 30_000;
const LARGEST_FORM_BYTES = 16_384;
/** Pages that are there for whoever is not signed in. */
const OPEN: ReadonlySet<string> = new Set([SIGN_IN, '/sign-in/begin', '/signed-in', STYLE_PATH, SCRIPT_PATH]);

/** Serves people's browsers. Fails with `config_invalid` where the port cannot be had. */
export async function startConsole(options: ConsoleOptions): Promise<ConsoleServer> {
  const { db, logger, metrics } = options;
  const headers = securityHeaders(options.origin);
  const server = newServer(options, headers);
  await server.register(cookies);
  await server.register(forms);
  // Forms of its own pages alone: what another site can have sent without asking, or a program, is none.
  server.removeContentTypeParser(['application/json', 'text/plain']);
  const streams = new Streams({ db, logger, metrics, idleMs: options.idleMs, ...options.live });
  const stop = new AbortController();
  const endUnasked = unaskedConnections(server.server);
  server.addHook('preClose', async () => {
    stop.abort();
    endUnasked();
    await streams.close();
  });
  server.addHook('onSend', async (_request, reply) => {
    // Kept for a next request, the connection would hold the stop up for a minute.
    if (stop.signal.aborted) reply.header('connection', 'close');
  });
  server.decorateReply('html', function (page) {
    return this.type('text/html; charset=utf-8').send(htmlOf(page));
  });
  letInVisitors(server, options, headers);
  noteAnswers(server, options);
  showFailures(server, options);
  addFiles(server);
  addPages(server, options, { streams, stopping: stop.signal });
  await listen(server, options);
  return { port: (server.server.address() as AddressInfo).port, close: () => server.close() };
}

/** What a request may be in size and time. */
const newServer = ({ tls }: ConsoleOptions, headers: ReturnType<typeof securityHeaders>): FastifyInstance =>
  fastify({
    logger: false,
    https: tls ? { cert: tls.cert, key: tls.key.reveal(), minVersion: 'TLSv1.2' } : null,
    bodyLimit: LARGEST_FORM_BYTES,
    requestTimeout: REQUEST_MS,
    connectionTimeout: 2 * REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 100 },
    // An address that cannot be read comes to no hook and no handler.
    frameworkErrors: (_error, _request, reply) => void reply.raw.writeHead(400, { ...headers, 'content-type': 'text/plain' }).end('There is no such address.'),
  });

/** Whoever is not signed in is told so of every address, whether it leads anywhere or not. */
function letInVisitors(server: FastifyInstance, { db, origin, idleMs }: ConsoleOptions, headers: ReturnType<typeof securityHeaders>): void {
  server.decorateRequest('visitor', null);
  server.addHook('onRequest', async (request, reply) => {
    for (const [name, value] of Object.entries(headers)) reply.header(name, value);
    // A name of somebody else's that leads here (DNS rebinding) is not this console's.
    if (request.headers.host !== new URL(origin).host) throw new RcmError('request_invalid', 'This is not the console’s address.');
    const path = request.url.split('?', 1)[0] ?? '';
    if (OPEN.has(path)) return;
    request.visitor = await visitorOf(db, request, idleMs);
    if (request.visitor === null && request.method === 'GET') return reply.redirect(`${SIGN_IN}?${new URLSearchParams({ to: request.url }).toString()}`, 303);
    if (request.visitor === null) throw new RcmError('token_expired', 'You are not signed in any more. Nothing was done.');
  });
}

function noteAnswers(server: FastifyInstance, { logger, metrics }: ConsoleOptions): void {
  const answered = metrics.counter('rcm_console_requests_total');
  const failed = metrics.counter('rcm_console_failures_total');
  server.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    answered.inc({ route, status: String(reply.statusCode) });
    if (reply.statusCode >= 500) failed.inc();
    logger.info({ method: request.method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'request');
  });
}

function showFailures(server: FastifyInstance, { logger }: ConsoleOptions): void {
  server.setErrorHandler(async (error: Error, request, reply) => {
    const failure = failureOf(error, logger);
    return reply.code(failure.status).html(failurePage(failure, { visitor: request.visitor, isAct: request.method === 'POST' }));
  });
  server.setNotFoundHandler(async ({ visitor }, reply) => {
    if (!visitor) throw new RcmError('token_expired', 'You are not signed in. Nothing was done.');
    return reply.code(404).html(notFoundPage(visitor));
  });
}

/** Their addresses change with what is in them. */
function addFiles(server: FastifyInstance): void {
  server.get(STYLE_PATH, async (_request, reply) =>
    reply.header('cache-control', 'public, max-age=31536000, immutable').type('text/css; charset=utf-8').send(STYLE),
  );
  server.get(SCRIPT_PATH, async (_request, reply) =>
    reply.header('cache-control', 'public, max-age=31536000, immutable').type('text/javascript; charset=utf-8').send(SCRIPT),
  );
}

interface Running {
  readonly streams: Streams;
  readonly stopping: AbortSignal;
}

function addPages(server: FastifyInstance, options: ConsoleOptions, { streams, stopping }: Running): void {
  const { db, logger, origin, passwords, takesPasswords } = options;
  const issuer = new Issuer({ ...options.issuer, redirectUri: `${origin}/signed-in` });
  signInRoutes(server, { ...options, issuer });
  pageRoutes(server, { db, showsPasswords: passwords !== null, takesPasswords });
  viewRoutes(server, options);
  changesRoutes(server, db, streams);
  rotationRoutes(server, db);
  portalRoutes(server, db);
  overviewRoutes(server, db);
  actRoutes(server, options);
  approvalRoutes(server, options);
  codeRoutes(server, options);
  if (takesPasswords) setRoutes(server, options);
  if (passwords) readRoutes(server, { db, logger, origin, passwords, stopping });
  bulkRoutes(server, options);
  portalChangeRoutes(server, options);
  migrationRoutes(server, options);
  accessRoutes(server, options);
  lookRoutes(server, db);
  auditRoutes(server, options);
  auditFile(server, db);
}

async function listen(server: FastifyInstance, { port, host }: ConsoleOptions): Promise<void> {
  try {
    await server.listen({ port, host });
  } catch (cause) {
    await server.close();
    throw new RcmError('config_invalid', `The console could not listen on ${host}:${port}; choose another with RCM_CONSOLE_HOST and RCM_CONSOLE_PORT.`, {
      cause,
    });
  }
}
