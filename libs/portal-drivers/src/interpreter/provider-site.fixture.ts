import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Where the form of a provider of another site stands, as seen from the portal's page. */
export const STANDS = ['frame', 'window'] as const;
export type Stands = (typeof STANDS)[number];

/** What the provider's page does with its form beside what a form does. To Chromium, 127.0.0.1 and localhost are two sites, with a process each. */
export const HABITS = {
  'sends its form': '',
  'sends its form again and again': `document.addEventListener('submit', (event) => {
    event.preventDefault();
    const body = new URLSearchParams(new FormData(event.target));
    const send = async () => {
      const answer = await fetch(event.target.action, { method: 'POST', body });
      document.body.insertAdjacentHTML('beforeend', await answer.text());
      setTimeout(send);
    };
    send();
  });`,
  'has the portal’s page send its form again and again': `document.addEventListener('submit', (event) => {
    event.preventDefault();
    outer.postMessage({ send: String(new URLSearchParams(new FormData(event.target))), to: event.target.action }, '*');
  });`,
  'tells the portal’s page what is typed, which tells its server': `document.addEventListener('input', (event) => outer.postMessage({ typed: event.target.value }, '*'));`,
} as const;
export type Habit = keyof typeof HABITS;

const OUTER_SCRIPT = `addEventListener('message', ({ data }) => {
  if (data.typed) fetch('/typed', { method: 'POST', body: data.typed });
  if (data.home) location.href = '/home';
  const send = async () => {
    const answer = await fetch(data.to, { method: 'POST', body: data.send, headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    document.body.insertAdjacentHTML('beforeend', await answer.text());
    setTimeout(send);
  };
  if (data.send) send();
});`;
const FORMS = {
  login: '<label>User name <input name="user"></label><label>Password <input name="pass" type="password"></label>',
  change: '<label>Old <input name="old" type="password"></label><label>New <input name="new" type="password"></label>',
} as const;

/** A portal whose forms are its provider's, and what both have on record. */
export interface ProviderSite {
  readonly host: string;
  readonly providerHost: string;
  /** Passwords that came as a login's or a change's, in order. */
  readonly tried: readonly string[];
  /** All that came with a body, wherever. */
  readonly bodies: readonly string[];
  password(): string;
  close(): Promise<void>;
}

const hostOf = (server: Server, name: string): string => `${name}:${(server.address() as AddressInfo).port}`;

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

async function listening(answer: (asked: string, body: string) => string): Promise<Server> {
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      response.writeHead(200, { 'content-type': 'text/html', 'access-control-allow-origin': '*' });
      response.end(`<!doctype html><link rel="icon" href="data:,">${answer(`${request.method} ${request.url}`, body)}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** `habits` are those of the provider's two forms; `first` is the password at the beginning. */
export async function startProviderSite(stands: Stands, habits: Readonly<Record<keyof typeof FORMS, Habit>>, first: string): Promise<ProviderSite> {
  const [tried, bodies]: [string[], string[]] = [[], []];
  let password = first;
  const formAt = (what: keyof typeof FORMS): string => `http://${hostOf(provider, 'localhost')}/${what}`;
  const portal = await listening((asked, body) => {
    if (body !== '') bodies.push(body);
    if (asked === 'GET /home') return '<a href="/out">Sign out</a>';
    const isChange = asked === 'GET /change';
    if (stands === 'frame' || isChange)
      return `<script>${OUTER_SCRIPT}</script><iframe name="provider" src="${formAt(isChange ? 'change' : 'login')}"></iframe>`;
    return `<script>${OUTER_SCRIPT}</script><button onclick="open('${formAt('login')}', 'provider', 'width=400,height=300')">With your provider</button>`;
  });
  const provider = await listening((asked, body) => {
    const [method, path = ''] = asked.split(' /');
    if (method === 'GET' && (path === 'login' || path === 'change'))
      return `<script>const outer = opener ?? parent; ${HABITS[habits[path]]}</script><form method="post" action="/${path}">${FORMS[path]}<button>Go</button></form>`;
    bodies.push(body);
    const sent = new URLSearchParams(body);
    const typed = sent.get('pass') ?? sent.get('old') ?? '';
    tried.push(typed);
    if (typed !== password) return 'That password is wrong.';
    if (path === 'login') return `<script>const o = opener ?? parent; o.postMessage({ home: true }, '*'); if (opener) close();</script>Welcome.`;
    password = sent.get('new') ?? '';
    return 'It is done.';
  });
  return {
    host: hostOf(portal, '127.0.0.1'),
    providerHost: hostOf(provider, 'localhost'),
    tried,
    bodies,
    password: () => password,
    async close() {
      for (const server of [portal, provider]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}
