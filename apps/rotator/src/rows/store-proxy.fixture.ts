import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A call to Parameter Store on its way. */
export interface StoreCall {
  /** `PutParameter`, for one. */
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** A call that is held up: nothing has reached the store. */
export interface HeldCall extends StoreCall {
  /** Lets it reach the store, and waits until the store has answered. */
  arrive(): Promise<void>;
  /** Hands the store's answer, or that there is none, to whoever called. */
  answer(): void;
}

/** A way to the AWS account on which single calls can be held up, as a network, or a machine that is stopped, holds them up. */
export interface StoreProxy {
  readonly endpoint: string;
  /** The next call that matches. */
  hold(matches: (call: StoreCall) => boolean): Promise<HeldCall>;
  /** From now on such calls are refused, as by a policy that was changed; `null` ends it. */
  deny(matches: ((call: StoreCall) => boolean) | null): void;
  close(): Promise<void>;
}

const DENIED = JSON.stringify({
  __type: 'AccessDeniedException',
  message: 'User is not authorized to perform this action: no identity-based policy allows it',
});

export async function openStoreProxy(upstream: string): Promise<StoreProxy> {
  const waiting: { readonly matches: (call: StoreCall) => boolean; readonly found: (call: HeldCall) => void }[] = [];
  let denies: ((call: StoreCall) => boolean) | null = null;

  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await bodyOf(incoming);
    const call = callOf(incoming, body);
    if (denies?.(call)) return void outgoing.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' }).end(DENIED);
    const index = waiting.findIndex(({ matches }) => matches(call));
    const [held] = index < 0 ? [] : waiting.splice(index, 1);
    if (!held) return void answerWith(outgoing, await forward(upstream, incoming, body));
    const arrived = Promise.withResolvers<Answer>();
    held.found({
      ...call,
      async arrive() {
        arrived.resolve(await forward(upstream, incoming, body));
      },
      answer: () => void arrived.promise.then((answer) => answerWith(outgoing, answer)),
    });
  };
  const server = createServer((incoming, outgoing) => void serve(incoming, outgoing).catch(() => outgoing.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hold: (matches) => new Promise((found) => waiting.push({ matches, found })),
    deny: (matches) => void (denies = matches),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function callOf({ headers }: IncomingMessage, body: Buffer): StoreCall {
  const target = String(headers['x-amz-target'] ?? '');
  return { operation: target.slice(target.indexOf('.') + 1), input: target === '' ? {} : (JSON.parse(body.toString()) as StoreCall['input']) };
}

/** As it came, host and all: it is signed. */
async function forward(upstream: string, { method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
  const sent = request(new URL(url ?? '/', upstream), { method, headers, agent: false });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: answer.statusCode ?? 500, headers: answer.headers, body: await bodyOf(answer) };
}

function answerWith(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  const { 'transfer-encoding': _chunked, connection: _connection, ...rest } = headers;
  outgoing.writeHead(status, rest).end(body);
}
