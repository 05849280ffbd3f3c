import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { createSecureServer as createHttp2Server, type Http2ServerRequest } from 'node:http2';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * Opens a socket, and again where that fails, as pages do: the browser ends each that is not open yet when an address of the machine comes or goes, as it does with every container
 * that starts or ends beside the test.
 */
const OPENING = `const open = (Socket, text) => {
    const s = new Socket(SOCKET);
    s.onopen = () => { s.onclose = null; s.send(text); };
    s.onclose = () => setTimeout(open, 50, Socket, text);
  };
  const stream = async (text) => {
    if (!globalThis.WebSocketStream) return open(WebSocket, text);
    const writable = await new WebSocketStream(SOCKET).opened.then((opened) => opened.writable, () => null);
    if (writable) await writable.getWriter().write(text);
    else setTimeout(stream, 50, text);
  };`;
const openingAt = (socket: string): string => `const SOCKET = ${JSON.stringify(socket)}; ${OPENING}`;

/** How the login page's script tells its own portal what is typed, by a socket or by what is like one. */
export const WAYS = {
  'a stream of its page, where it has those': `tell = stream;`,
  'its page': `tell = (text) => open(WebSocket, text);`,
  'a frame of its page': `tell = (text) => open(document.body.appendChild(document.createElement('iframe')).contentWindow.WebSocket, text);`,
  'a request of its page whose body goes on, where it has those': `let body;
    const stays = { method: 'POST', body: new ReadableStream({ start: (all) => { body = all; } }), duplex: 'half' };
    // Where a stream is no body it is made a text.
    if (new Request('/streamed', stays).headers.has('content-type')) tell = (text) => open(WebSocket, text);
    else {
      fetch('/streamed', { ...stays, body: new ReadableStream({ start: (all) => { body = all; } }) });
      tell = (text) => body.enqueue(new TextEncoder().encode(text));
    }`,
  'a worker with an address': `tell = (text) => new Worker('/worker.js').postMessage(text);`,
  'a worker of a worker': `tell = (text) => work("onmessage = ({ data }) => new Worker('" + location.origin + "/worker.js').postMessage(data)", text);`,
  'a worker whose socket was open before': `const early = work(OPENING + 'const s = new WebSocket(SOCKET); s.onopen = () => postMessage(1); onmessage = ({ data }) => s.send(data)');
    document.querySelector('form').hidden = true;
    early.onmessage = () => { document.querySelector('form').hidden = false; };
    tell = (text) => early.postMessage(text);`,
  'a worker': `tell = (text) => work(OPENING + 'onmessage = ({ data }) => open(WebSocket, data)', text);`,
  'a stream of a worker, where it has those': `tell = (text) => work(OPENING + 'onmessage = ({ data }) => stream(data)', text);`,
  'its page, as it ends a socket that was open before': `const early = new WebSocket(SOCKET);
    document.querySelector('form').hidden = true;
    early.onopen = () => { document.querySelector('form').hidden = false; };
    tell = (text) => early.close(1000, text);`,
} as const;
export type Way = keyof typeof WAYS;

const PAGE = (script: string, socket: string): string => `<!doctype html><meta charset="utf-8"><title>Sign in</title><link rel="icon" href="data:,">
<form><label>User name <input name="user"></label><input name="pass" type="password"><button>Sign in</button></form>
<script>
  ${openingAt(socket)}
  const OPENING = ${JSON.stringify(openingAt(socket))};
  let tell;
  const work = (source, text) => {
    const worker = new Worker(URL.createObjectURL(new Blob([source])));
    if (text !== undefined) worker.postMessage(text);
    return worker;
  };
  ${script}
  document.querySelector('[name=pass]').addEventListener('input', ({ target }) => tell('typed ' + target.value));
  document.querySelector('form').addEventListener('submit', async (event) => {
    event.preventDefault();
    // A submit cuts quiet connections: what the socket says is to be there by then.
    await fetch('/heard');
    await fetch('/sign-in', { method: 'POST', body: 'x' });
    history.pushState(null, '', '/pages/home/-');
    document.body.insertAdjacentHTML('beforeend', '<a href="#">Sign out</a>');
  });
</script>`;

/** What HTTP/1.1 and HTTP/2 have in common to answer with. */
interface Reply {
  writeHead(status: number, headers?: Record<string, string>): Reply;
  end(body: string): unknown;
}

export interface SocketPortal {
  readonly origin: string;
  readonly host: string;
  /** Every opening, message and POST, in order. */
  readonly heard: string[];
  close(): Promise<void>;
}

export interface SocketPortalOptions {
  /** With it the portal is reached by https. */
  readonly identity?: { readonly key: Buffer; readonly cert: Buffer } | null;
  /** It speaks HTTP/2, and takes a socket as a stream of a connection that is there already (RFC 8441). */
  readonly http2?: boolean;
}

/** A portal whose page stays where it is when somebody signs in, with a WebSocket. */
export async function startSocketPortal({ identity, http2 }: SocketPortalOptions = {}): Promise<SocketPortal> {
  const heard: string[] = [];
  const sockets = new Set<Duplex>();
  let socketUrl = '';

  function whenTold(then: () => void): void {
    const look = setInterval(() => {
      if (heard.some((line) => line.startsWith('typed '))) then();
      else if (server.listening) return;
      clearInterval(look);
    }, 20);
  }

  function answer(request: IncomingMessage | Http2ServerRequest, response: Reply): void {
    const path = decodeURIComponent(request.url ?? '');
    if (path === '/streamed') return void request.on('data', (chunk: Buffer) => heard.push(String(chunk)));
    if (request.method === 'POST') {
      heard.push('POST');
      return void request.resume().on('end', () => response.writeHead(204).end(''));
    }
    if (path === '/heard') return void whenTold(() => response.writeHead(204).end(''));
    if (path === '/worker.js') {
      const script = `${openingAt(socketUrl)} onmessage = ({ data }) => open(WebSocket, data);`;
      return void response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
    }
    response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE(WAYS[path.split('/')[3] as Way] ?? '', socketUrl));
  }

  function hear(socket: Duplex): void {
    heard.push('opened');
    let received = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      for (let text = shortMessage(received); text; text = shortMessage(received)) {
        heard.push(text.message);
        received = received.subarray(text.bytes);
      }
    });
    socket.on('error', () => undefined);
  }

  const server = serverOf(answer, identity && { ...identity, http2 });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    sockets.add(socket);
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(key).digest('base64');
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    hear(socket);
  });
  server.on('connect', ({ stream }: Http2ServerRequest) => {
    stream.respond({ ':status': 200 });
    hear(stream);
  });
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const secure = identity ? 's' : '';
  socketUrl = `ws${secure}://${host}/live`;
  return {
    origin: `http${secure}://${host}`,
    host,
    heard,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

type Answer = (request: IncomingMessage | Http2ServerRequest, response: Reply) => void;

function serverOf(answer: Answer, identity?: { readonly key: Buffer; readonly cert: Buffer; readonly http2?: boolean | undefined } | null): Server {
  if (!identity) return createServer(answer);
  const { http2, ...secure } = identity;
  return http2 ? createHttp2Server({ ...secure, allowHTTP1: true, settings: { enableConnectProtocol: true } }, answer) : createSecureServer(secure, answer);
}

/** The first message of a client, of less than 126 bytes (RFC 6455, 5.2); of the one that ends the socket, its reason (5.5.1). */
function shortMessage(bytes: Buffer): { readonly message: string; readonly bytes: number } | null {
  const ends = ((bytes[0] ?? 0) & 15) === 8;
  const length = (bytes[1] ?? 0) & 127;
  const end = 6 + length;
  if (bytes.length < 2 || bytes.length < end) return null;
  const mask = bytes.subarray(2, 6);
  const text = Buffer.from(bytes.subarray(6, end).map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
  return { message: text.subarray(ends ? 2 : 0).toString(), bytes: end };
}
