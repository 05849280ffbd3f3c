import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
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
    const writable = await new WebSocketStream(SOCKET).opened.then((opened) => opened.writable, () => null);
    if (writable) await writable.getWriter().write(text);
    else setTimeout(stream, 50, text);
  };`;
const openingAt = (socket: string): string => `const SOCKET = ${JSON.stringify(socket)}; ${OPENING}`;

/** How the login page's script opens a socket to its own portal and tells it what is typed. */
export const WAYS = {
  'its page': `tell = (text) => open(WebSocket, text);`,
  'a stream of its page': `tell = stream;`,
  'a frame of its page': `tell = (text) => open(document.body.appendChild(document.createElement('iframe')).contentWindow.WebSocket, text);`,
  'a worker': `tell = (text) => work(OPENING + 'onmessage = ({ data }) => open(WebSocket, data)', text);`,
  'a worker with an address': `tell = (text) => new Worker('/worker.js').postMessage(text);`,
  'a worker of a worker': `tell = (text) => work("onmessage = ({ data }) => new Worker('" + location.origin + "/worker.js').postMessage(data)", text);`,
  'a stream of a worker': `tell = (text) => work(OPENING + 'onmessage = ({ data }) => stream(data)', text);`,
  'a worker whose socket was open before': `const early = work(OPENING + 'const s = new WebSocket(SOCKET); s.onopen = () => postMessage(1); onmessage = ({ data }) => s.send(data)');
    document.querySelector('form').hidden = true;
    early.onmessage = () => { document.querySelector('form').hidden = false; };
    tell = (text) => early.postMessage(text);`,
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

export interface SocketPortal {
  readonly origin: string;
  readonly host: string;
  /** Every opening, message and POST, in order. */
  readonly heard: string[];
  close(): Promise<void>;
}

/** A portal whose page stays where it is when somebody signs in, with a WebSocket. With an identity it is reached by https. */
export async function startSocketPortal(identity?: { readonly key: Buffer; readonly cert: Buffer }): Promise<SocketPortal> {
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

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent(request.url ?? '');
    if (request.method === 'POST') {
      heard.push('POST');
      return void request.resume().on('end', () => response.writeHead(204).end());
    }
    if (path === '/heard') return void whenTold(() => response.writeHead(204).end());
    if (path === '/worker.js') {
      const script = `${openingAt(socketUrl)} onmessage = ({ data }) => open(WebSocket, data);`;
      return void response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
    }
    response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE(WAYS[path.split('/')[3] as Way] ?? '', socketUrl));
  }

  const server = identity ? createSecureServer(identity, answer) : createServer(answer);
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    heard.push('opened');
    sockets.add(socket);
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(key).digest('base64');
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    let received = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      for (let text = shortMessage(received); text; text = shortMessage(received)) {
        heard.push(text.message);
        received = received.subarray(text.bytes);
      }
    });
    socket.on('error', () => undefined);
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

/** The first message of a client, of less than 126 bytes (RFC 6455, 5.2). */
function shortMessage(bytes: Buffer): { readonly message: string; readonly bytes: number } | null {
  const length = (bytes[1] ?? 0) & 127;
  const end = 6 + length;
  if (bytes.length < 2 || bytes.length < end) return null;
  const mask = bytes.subarray(2, 6);
  const text = Buffer.from(bytes.subarray(6, end).map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
  return { message: text.toString(), bytes: end };
}
