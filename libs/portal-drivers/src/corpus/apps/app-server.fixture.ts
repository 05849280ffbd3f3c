import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Account {
  password: string;
  /** Bad logins since the last good one. */
  failures: number;
}

/** One request to an application, read. */
export interface Visit {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Fields of a form, or of a JSON object. */
  readonly fields: Readonly<Record<string, string>>;
  /** Name of the account that is logged in; `null` for a stranger. */
  readonly user: string | null;
}

export interface Answer {
  readonly status?: number;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Begins a session of this account, or ends the one there is. */
  readonly session?: { readonly user: string } | 'end';
}

export interface App {
  readonly accounts: Map<string, Account>;
  answer(visit: Visit): Answer | Promise<Answer>;
}

export interface AppServer extends App {
  readonly origin: string;
  readonly host: string;
  /** Cuts what is open, and what comes, without an answer. */
  cut(): void;
  close(): Promise<void>;
}

/** A page of an application, `%NAME%` replaced. */
export function appPage(name: string, words: Readonly<Record<string, string>> = {}): Answer {
  const text = readFileSync(new URL(`../pages/apps/${name}.html`, import.meta.url), 'utf8');
  return { type: 'text/html; charset=utf-8', body: text.replace(/%([A-Z]+)%/g, (_all, key: string) => words[key] ?? '') };
}

export const redirect = (location: string, more: Answer = {}): Answer => ({ status: 303, ...more, headers: { location } });
export const json = (value: unknown, status = 200, more: Answer = {}): Answer => ({ status, type: 'application/json', body: JSON.stringify(value), ...more });

/** Serves an application on loopback; sessions are cookies, one account may have several. */
export async function serveApp(app: App): Promise<AppServer> {
  const sessions = new Map<string, string>();
  const sockets = new Set<Socket>();
  let isCut = false;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://app');
    const cookie = /session=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? '';
    const visit: Visit = {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      fields: await readFields(request),
      user: sessions.get(cookie) ?? null,
    };
    const answer = await app.answer(visit);
    const headers: Record<string, string> = { 'content-type': answer.type ?? 'text/plain', 'cache-control': 'no-store', ...answer.headers };
    if (answer.session === 'end') sessions.delete(cookie);
    else if (answer.session) {
      const begun = Math.random().toString(36).slice(2);
      sessions.set(begun, answer.session.user);
      headers['set-cookie'] = `session=${begun}; Path=/; HttpOnly`;
    }
    response.writeHead(answer.status ?? 200, headers).end(answer.body ?? '');
  }

  const server = createServer((request, response) => {
    if (isCut) request.socket.destroy();
    else serve(request, response).catch(() => response.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const drop = () => sockets.forEach((socket) => socket.destroy());
  return {
    accounts: app.accounts,
    answer: (visit) => app.answer(visit),
    origin: `http://${host}`,
    host,
    cut() {
      isCut = true;
      drop();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        drop();
      }),
  };
}

async function readFields(request: IncomingMessage): Promise<Record<string, string>> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  if (body === '') return {};
  if (request.headers['content-type']?.includes('json')) return JSON.parse(body) as Record<string, string>;
  return Object.fromEntries(new URLSearchParams(body));
}
