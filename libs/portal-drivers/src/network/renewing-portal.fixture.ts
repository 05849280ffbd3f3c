import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RenewingPortal {
  readonly origin: string;
  readonly host: string;
  /** How often its pages have shown a password that is not the account's: what it would lock the account for. */
  failures(): number;
  /** How often they have shown the right one. */
  renewed(): number;
  /** The account's password is changed elsewhere. */
  set(password: string): void;
  /** Until the page that is open has come by for so many times more. */
  ticks(times: number): Promise<void>;
  close(): Promise<void>;
}

/** How a page shows the password again. */
const SHOWN = {
  'in a body': `fetch('/renew', { method: 'POST', body: new URLSearchParams({ pass }) })`,
  'in a header': `fetch('/renew', { headers: { authorization: 'Basic ' + btoa('somebody:' + pass) } })`,
  'in an address': `fetch('/renew?' + new URLSearchParams({ pass }))`,
} as const;
export type Renewing = keyof typeof SHOWN;
export const RENEWING = Object.keys(SHOWN) as Renewing[];

/** Every page keeps the session alive: it shows the password that was typed at the login, and comes by. */
const page = (how: Renewing, words: string): string => `<!doctype html><meta charset="utf-8"><title>Portal</title><link rel="icon" href="data:,">
${words}
<script>
  const renew = async () => {
    const pass = sessionStorage.getItem('pass');
    // The page that changes it is still until then.
    if (pass && !document.querySelector('[name=new]')) await ${SHOWN[how]}.catch(() => undefined);
    await fetch('/tick').catch(() => undefined);
    setTimeout(renew, 10);
  };
  renew();
</script>`;

const field = (label: string, name: string): string => `<p><label>${label} <input name="${name}" type="password"></label></p>`;
const LOGIN = `<form method="post" action="/answer" onsubmit="sessionStorage.setItem('pass', this.pass.value)">
  <p><label>User name <input name="user"></label></p>${field('Password', 'pass')}<button>Sign in</button></form>`;
const CHANGE = `<form method="post" action="/changed">${field('Old', 'old')}${field('New', 'new')}<button>Change</button></form>`;
const HOME = '<a href="/login">Sign out</a>';

/** A portal of one account, whose pages show the password again and again without anybody's doing. */
export async function startRenewingPortal(how: Renewing, first: string): Promise<RenewingPortal> {
  let [password, right, wrong, ticked] = [first, 0, 0, 0];
  const told = (address: URL, body: string, basic: string): string | null =>
    new URLSearchParams(body).get('pass') ?? address.searchParams.get('pass') ?? Buffer.from(basic.slice(6), 'base64').toString().split(':')[1] ?? null;
  const count = (shown: string | null): boolean => (shown === password ? ((right += 1), true) : ((wrong += 1), false));
  const change = (asked: URLSearchParams): string => {
    if (!count(asked.get('old'))) return 'User name or password wrong.';
    password = asked.get('new') ?? '';
    return 'It is done.';
  };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const address = new URL(request.url ?? '', 'http://portal');
      const html = (words: string) => response.writeHead(200, { 'content-type': 'text/html' }).end(page(how, words));
      if (address.pathname === '/login') return void html(LOGIN);
      if (address.pathname === '/home') return void html(HOME);
      if (address.pathname === '/change') return void html(CHANGE);
      if (address.pathname === '/changed') return void html(change(new URLSearchParams(body)));
      if (address.pathname === '/answer') return void html(count(new URLSearchParams(body).get('pass')) ? HOME : 'User name or password wrong.');
      if (address.pathname === '/renew') count(told(address, body, request.headers.authorization ?? ''));
      if (address.pathname === '/tick') ticked += 1;
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...{ origin: `http://${host}`, host, failures: () => wrong, renewed: () => right },
    set: (changed) => (password = changed),
    async ticks(times) {
      for (const until = ticked + times; ticked < until;) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
