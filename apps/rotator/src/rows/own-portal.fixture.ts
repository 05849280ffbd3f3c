import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One login that somebody typed, by the portal's own record. */
export interface OwnTry {
  readonly typed: string;
  readonly ended: 'in' | 'wrong' | 'locked';
}

export interface OwnAccount {
  readonly username: string;
  password: string;
  readonly tries: OwnTry[];
  /** When each wrong try was that still counts. */
  wrongAt: number[];
  lockedUntil: number;
  timesLocked: number;
}

/** How it locks: at so many wrong tries in a window, for as long as the window. What succeeds in between forgives nothing. */
export interface OwnLock {
  readonly threshold: number;
  readonly windowMs: number;
}

export interface OwnVisit {
  readonly method: string;
  readonly path: string;
  /** Of the address and of the form. */
  readonly fields: Readonly<Record<string, string>>;
  /** Who is logged in. */
  readonly account: OwnAccount | null;
}

/** A page's body; or where to go, as whom: `null` ends the session. */
export type OwnAnswer = string | { readonly to: string; readonly as?: OwnAccount | null };

/** A portal that no demo portal is like: real pages over HTTP, its own record, and a clock of its own. */
export class OwnPortal {
  readonly accounts = new Map<string, OwnAccount>();
  readonly lock: OwnLock;
  /** Told of each login that was typed, after it was judged. */
  onTry: ((account: OwnAccount, tried: OwnTry) => Promise<void> | void) | null = null;
  #ahead = 0;
  readonly #sessions = new Map<string, OwnAccount>();
  readonly #server = createServer((request, response) => {
    this.#serve(request).then(
      ({ status, headers, body }) =>
        response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', ...headers }).end(body),
      () => response.destroy(),
    );
  });
  readonly #answer: (visit: OwnVisit) => Promise<OwnAnswer> | OwnAnswer;

  constructor(lock: OwnLock, answer: (visit: OwnVisit) => Promise<OwnAnswer> | OwnAnswer) {
    this.lock = lock;
    this.#answer = answer;
  }

  async open(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  now(): number {
    return Date.now() + this.#ahead;
  }

  advance(ms: number): void {
    this.#ahead += ms;
  }

  add(username: string, password: string): OwnAccount {
    const account: OwnAccount = { username, password, tries: [], wrongAt: [], lockedUntil: 0, timesLocked: 0 };
    this.accounts.set(username, account);
    return account;
  }

  /** One more wrong try of the account. */
  countAgainst(account: OwnAccount): void {
    account.wrongAt = [...account.wrongAt.filter((at) => at > this.now() - this.lock.windowMs), this.now()];
    if (account.wrongAt.length < this.lock.threshold) return;
    [account.lockedUntil, account.wrongAt] = [this.now() + this.lock.windowMs, []];
    account.timesLocked += 1;
  }

  async signIn(account: OwnAccount, typed: string): Promise<OwnTry['ended']> {
    const ended = account.lockedUntil > this.now() ? 'locked' : typed === account.password ? 'in' : 'wrong';
    if (ended === 'wrong') this.countAgainst(account);
    const tried = { typed, ended } as const;
    account.tries.push(tried);
    await this.onTry?.(account, tried);
    return ended;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(request: IncomingMessage): Promise<{ status: number; headers?: Record<string, string>; body: string }> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://portal');
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const session = /session=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1] ?? '';
    const fields = Object.fromEntries([...searchParams, ...new URLSearchParams(body)]);
    const answer = await this.#answer({ method: request.method ?? 'GET', path: pathname, fields, account: this.#sessions.get(session) ?? null });
    if (typeof answer === 'string') return { status: 200, body: `<!doctype html><title>Payer</title><main>${answer}</main>` };
    const { to, as } = answer;
    if (as === undefined) return { status: 303, headers: { location: to }, body: '' };
    this.#sessions.delete(session);
    if (as === null) return { status: 303, headers: { location: to }, body: '' };
    const begun = randomUUID();
    this.#sessions.set(begun, as);
    return { status: 303, headers: { location: to, 'set-cookie': `session=${begun}; Path=/; HttpOnly` }, body: '' };
  }
}

/** A form that posts to `action`: its fields by name and label, and the words on its button. */
export function ownForm(action: string, fields: Readonly<Record<string, string>>, button: string): string {
  const rows = Object.entries(fields).map(
    ([name, label]) => `<p><label for="${name}">${label}</label> <input id="${name}" name="${name}" type="${/password/i.test(label) ? 'password' : 'text'}">`,
  );
  return `<form method="post" action="${action}">${rows.join('')}<p><button>${button}</button></form>`;
}
