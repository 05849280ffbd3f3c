import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import type { Faults, InjectedFault } from '../faults.ts';
import type { SignedRequest } from '../identity/signature.ts';
import type { Service } from '../operation.ts';
import type { ObjectStore } from '../objects/store.ts';
import type { Answer } from './answer.ts';
import { answerControl, type ControlOptions, isControl } from './control.ts';
import type { Dispatcher } from './dispatch.ts';
import { listen, type Listening, type Place, readBody } from './listen.ts';
import { requestedBy, type Requested } from './requested.ts';

export interface ServerOptions extends Place {
  readonly services: readonly Service[];
  readonly dispatcher: Dispatcher;
  readonly objects: ObjectStore;
  readonly faults: Faults;
  readonly control: ControlOptions;
  readonly clock: Clock;
}

/** Fails with `port_unavailable`. */
export const startServer = (options: ServerOptions): Promise<Listening> =>
  listen(options, (incoming, response, stopping) => serve(options, incoming, response, stopping));

async function serve(options: ServerOptions, incoming: IncomingMessage, response: ServerResponse, stopping: AbortSignal): Promise<void> {
  const body = await readBody(incoming);
  if (!body) return void send(options, response, { status: 413, headers: { connection: 'close' }, body: '' });
  const request: SignedRequest = { method: incoming.method ?? 'GET', target: incoming.url ?? '/', headers: singleHeaders(incoming), body };
  if (isControl(request.target)) return void send(options, response, answerControl(options.control, request));
  const { objects, dispatcher, faults } = options;
  const isObject = objects.takes(request);
  const requested = requestedBy(options.services, request.headers);
  const fault = isObject ? faults.take('s3', objects.operationOf(request)) : faults.take(requested.service?.name ?? '', operationName(requested, body));
  if (fault?.when === 'before' && (await inject(options, fault, requested, response, stopping))) return;
  const answer = isObject ? objects.answer(request) : dispatcher.dispatch(request, requested);
  if (fault?.when === 'after' && (await inject(options, fault, requested, response, stopping))) return;
  send(options, response, answer);
}

/** Lets a fault happen; true where the call is over by it. */
async function inject(options: ServerOptions, fault: InjectedFault, requested: Requested, response: ServerResponse, stopping: AbortSignal): Promise<boolean> {
  if (fault.kind === 'slow') {
    await delay(fault.delayMs, undefined, { signal: stopping });
    return false;
  }
  if (fault.kind === 'error500') send(options, response, options.dispatcher.internalError(requested));
  else if (fault.kind === 'throttle') send(options, response, options.dispatcher.throttled(requested));
  else response.destroy();
  return true;
}

function send({ clock }: ServerOptions, response: ServerResponse, answer: Answer): void {
  // The SDK corrects its own clock by this header, so it must be the clock that signatures are checked against.
  response.writeHead(answer.status, { ...answer.headers, date: clock.now().toUTCString(), 'content-length': Buffer.byteLength(answer.body) });
  response.end(answer.body);
}

const singleHeaders = (incoming: IncomingMessage): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]));

/** For matching a fault only: a body that makes no sense is refused later, by the dispatcher. */
const operationName = ({ operation }: Requested, body: Buffer): string => operation ?? new URLSearchParams(body.toString('utf8')).get('Action') ?? '';
