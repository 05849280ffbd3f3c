import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { payment, remittance } from '../contract/remittance.fixture.ts';

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly body: string;
  readonly cookie: string;
}

export interface CorpusServer {
  readonly origin: string;
  readonly host: string;
  /** Every request, in order. */
  readonly seen: Seen[];
  /** Answers every `/told` that was asked until now. */
  tell(): void;
  close(): Promise<void>;
}

/** What `/file/<name>` gives. */
export const FILE = 'ISA*00*'.repeat(20_000);

/** What `/answer/<name>` shows: the words of one outcome each. */
export const WORDS: Readonly<Record<string, string>> = {
  rejected: 'User name or password wrong.',
  rejected_or_locked: 'Sign-in failed or access suspended.',
  locked: 'This account is locked.',
  throttled: 'Too many tries, come back later.',
  challenged: 'Prove that you are no robot.',
  mfa_rejected: 'That code is wrong.',
  password_expired: 'Your password is too old.',
  change_forced: 'Choose a new password first.',
  unavailable: 'We are closed for repairs.',
  applied: 'It is done: the password is the new one.',
  too_long: 'Your new password is too long.',
  nothing: 'No such thing.',
  out: 'You have signed out.',
  odd: 'A page that no recipe knows.',
};

/**
 * A portal of single pages, each showing one habit. `/pages/<file>/<answer>` serves a page whose form posts to
 * `/answer/<answer>`: words, or `accepted`, `ask` (the page for a code), `error` (500), `drop`, `hang`, `elsewhere` (307 to `thief`).
 * `/slow/<status>` answers a script after 800 ms, and `/told` one when the test says so. `/assets.js` is a script for pages of another host, packed although nobody asked for that.
 */
export async function startCorpus(options: { readonly thief?: string } = {}): Promise<CorpusServer> {
  const seen: Seen[] = [];
  const untold: ServerResponse[] = [];
  const sockets = new Set<Socket>();
  const thief = options.thief ?? 'http://127.0.0.1:1';

  function page(name: string, answer: string): string {
    const text = readFileSync(new URL(`./pages/${name}.html`, import.meta.url), 'utf8');
    return text
      .replaceAll('%ANSWER%', answer)
      .replaceAll('%THIEF%', thief)
      .replaceAll('%WORDS%', WORDS[answer] ?? '');
  }

  function answer(name: string, request: IncomingMessage, response: ServerResponse): void {
    const html = (status: number, text: string) => response.writeHead(status, { 'content-type': 'text/html' }).end(text);
    if (name === 'hang') return;
    if (name === 'drop') request.socket.destroy();
    else if (name === 'ask') html(200, page('code', 'accepted'));
    else if (name === 'error') html(500, 'It broke.');
    else if (name === 'accepted') response.writeHead(303, { location: '/pages/home/-' }).end();
    else if (name === 'elsewhere') response.writeHead(307, { location: `${thief}/redirected` }).end();
    else html(name === 'unavailable' ? 503 : 200, page('words', name));
  }

  function file(name: string, response: ServerResponse): void {
    if (name === 'shown') return void response.writeHead(200, { 'content-type': 'application/pdf' }).end(FILE);
    const headers = { 'content-type': 'application/edi-x12', 'content-disposition': `attachment; filename="x"; filename*=UTF-8''M%C3%A4rz%2F1.835` };
    if (name === 'attached') return void response.writeHead(200, { ...headers, 'content-encoding': 'gzip' }).end(gzipSync(FILE));
    if (name === 'remittance') return void response.writeHead(200, headers).end(remittance([payment('EFT-1'), payment('EFT-2')]));
    response.writeHead(200, headers);
    // Without a length, and without an end.
    const more = setInterval(() => response.write(Buffer.alloc(50_000, 65)), 10);
    response.on('close', () => clearInterval(more));
  }

  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const url = request.url ?? '';
      seen.push({ method: request.method ?? '', url, body, cookie: request.headers.cookie ?? '' });
      const [, kind, name, rest] = url.split('?')[0]?.split('/') ?? [];
      if (kind === 'pages' && name) response.writeHead(200, { 'content-type': 'text/html' }).end(page(name, rest ?? ''));
      else if (kind === 'answer' && name) answer(name, request, response);
      else if (kind === 'file' && name) file(name, response);
      else if (kind === 'told') untold.push(response);
      else if (kind === 'slow') setTimeout(() => response.writeHead(Number(name)).end(), 800);
      else if (kind === 'bounce') response.writeHead(307, { location: new URL(url, 'http://portal').searchParams.get('to') ?? '/' }).end();
      else if (kind === 'assets.js')
        response
          .writeHead(200, { 'content-type': 'text/javascript', 'content-encoding': 'gzip' })
          .end(gzipSync(`document.querySelector('#told').textContent = 'drawn by another host'`));
      else if (kind === 'worker.js') response.writeHead(200, { 'content-type': 'text/javascript' }).end(`fetch('${thief}/service')`);
      else response.writeHead(204).end();
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (request, socket) => {
    seen.push({ method: 'UPGRADE', url: request.url ?? '', body: '', cookie: request.headers.cookie ?? '' });
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin: `http://${host}`,
    host,
    seen,
    tell: () => {
      for (const response of untold.splice(0)) response.writeHead(204).end();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
