import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { listen, type Listening, type Place, readBody } from '@rcm/local-aws/kit';
import type { Faults, InjectedFault } from '../faults.ts';
import type { VaultState } from '../vault-state.ts';
import { type Answer, Refusal } from './answer.ts';
import { answerControl, isControl } from './control.ts';
import { health } from './health.ts';
import { parseRequest, type RawRequest } from './request.ts';
import { route } from './route.ts';

export interface ServerOptions extends Place {
  readonly vault: VaultState;
  readonly namespaces: readonly string[];
  readonly faults: Faults;
  /** Told about defects and storage that fails; the caller sees a 500. */
  readonly onInternalError: (error: unknown) => void;
}

/** Fails with `port_unavailable`. */
export const startServer = (options: ServerOptions): Promise<Listening> =>
  listen(options, (incoming, response, stopping) => serve(options, incoming, response, stopping));

async function serve(options: ServerOptions, incoming: IncomingMessage, response: ServerResponse, stopping: AbortSignal): Promise<void> {
  const body = await readBody(incoming);
  if (!body) return void send(response, new Refusal(413, 'http: request body too large').answer);
  const raw: RawRequest = { method: incoming.method ?? 'GET', target: incoming.url ?? '/', headers: incoming.headers, body };
  if (isControl(raw)) return void send(response, answerControl(options.vault, options.faults, raw));
  if (/^\/v1\/sys\/health(\?|$)/.test(raw.target)) return void send(response, health(options.faults.state(), options.vault.clock.now()));
  const fault = options.faults.take(requestName(raw));
  if (fault?.kind === 'slow') await delay(fault.delayMs, undefined, { signal: stopping });
  if (fault?.when === 'before' && inject(fault, response)) return;
  const answer = answerTo(options, raw);
  if (fault?.when === 'after' && inject(fault, response)) return;
  send(response, answer);
}

/** For matching a fault: `<verb> <path>` as the documentation writes it. */
function requestName(raw: RawRequest): string {
  try {
    const { verb, path } = parseRequest({ ...raw, body: Buffer.alloc(0) });
    return `${verb} ${path}`;
  } catch {
    return '';
  }
}

function answerTo({ vault, namespaces, onInternalError }: ServerOptions, raw: RawRequest): Answer {
  try {
    const request = parseRequest(raw);
    if (!['', ...namespaces].includes(request.namespace)) throw new Refusal(404, `no handler for route "${request.path}". route entry not found.`);
    return vault.database.transaction(() => route(vault, request));
  } catch (error) {
    if (error instanceof Refusal) return error.answer;
    onInternalError(error);
    return new Refusal(500, '1 error occurred:\n\t* internal error\n\n').answer;
  }
}

/** The sentences are Vault's own: sdk/helper/consts/error.go (sealed), http/handler.go (no active node), quotas (429). */
const FAULT_ANSWERS: Partial<Record<InjectedFault['kind'], Refusal>> = {
  sealed: new Refusal(503, 'Vault is sealed'),
  uninitialized: new Refusal(503, 'Vault is sealed'),
  standby: new Refusal(500, 'local node not active but active cluster node not found'),
  throttled: new Refusal(429, 'request path "kv": rate limit quota exceeded'),
  error500: new Refusal(500, 'internal error'),
};

/** Lets a fault happen; true where the request is over by it. */
function inject(fault: InjectedFault, response: ServerResponse): boolean {
  if (fault.kind === 'slow') return false;
  const refusal = FAULT_ANSWERS[fault.kind];
  if (refusal) send(response, refusal.answer);
  else response.destroy();
  return true;
}

function send(response: ServerResponse, { status, body }: Answer): void {
  const text = body === null ? '' : `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    ...(body === null ? {} : { 'content-type': 'application/json' }),
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
