import type { BrowserContext, Request, Route, WebSocketRoute } from 'playwright';
import type { BlockedRequest } from '../trace.ts';
import { type Carrier, passedOn } from './carrier.ts';
import type { EgressProxy } from './egress-proxy.ts';
import type { Origins } from './origins.ts';
import type { Passage } from './passage.ts';
import type { SecretMask } from '../secret-mask.ts';

/**
 * Stands between the pages of a context and the network, and knows whether anything could have left since the release. Requests wait
 * here, the messages of a page's sockets too; sockets that are opened elsewhere, in workers, are not seen here and wait at the proxy.
 */
export interface RequestGate {
  /** A secret is about to be typed: from now on nothing that could carry it leaves. */
  hold(secrets: SecretMask): void;
  /** The browser holds a secret that the portal gave it: it goes to whoever may receive what is typed, at any time, and to nobody else. */
  guard(secrets: SecretMask): void;
  /** The submit may leave now. */
  release(): void;
  /** The act is over and its page is no longer trusted to be still: nothing leaves any more. Returns `sent()`. */
  shut(): boolean;
  /** The act ended well: the next one begins with an open request gate. */
  reset(): void;
  /** Whether any request left since `release`, answered or not. */
  sent(): boolean;
}

/** Methods without a body, by which a page normally only asks. */
const ASKING = ['GET', 'HEAD', 'OPTIONS'];

export async function installRequestGate(options: {
  readonly context: BrowserContext;
  readonly origins: Origins;
  readonly proxy: EgressProxy;
  readonly passage: Passage;
  readonly carrier: Carrier;
  readonly onBlocked: (blocked: BlockedRequest) => void;
}): Promise<RequestGate> {
  const { context, origins, proxy, passage, carrier, onBlocked } = options;
  let secrets: SecretMask | null = null;
  /** Of every act: a page keeps what was typed for as long as it likes. */
  const typed: SecretMask[] = [];

  /** Whether a request could carry what was typed: in its body, address, headers or cookies. */
  async function carries(request: Request): Promise<boolean> {
    if (secrets === null || hasBody(request)) return true;
    const cookies = await context.cookies(request.url());
    return holdsAny(secrets, [request.url(), ...Object.values(request.headers()), ...cookies.map(({ value }) => value)]);
  }

  /** Whether a request to a host that may not receive what was typed could carry it, in what is passed on of it: its address and few headers, and no cookie. */
  const leaks = (request: Request, headers: Readonly<Record<string, string>>): boolean =>
    typed.length > MOST_ACTS || hasBody(request) || typed.some((mask) => holdsAny(mask, [request.url(), ...Object.values(passedOn(headers))]));

  /** To a host that may not receive what was typed. */
  async function carry(route: Route): Promise<void> {
    const request = route.request();
    const destination = origins.behind(request.url());
    const headers = await request.allHeaders();
    if (passage.state === 'closed') return route.abort('blockedbyclient');
    const refused = destination === null || leaks(request, headers);
    const answer = refused ? null : await carrier.get(request.url(), destination, headers);
    if (answer) return route.fulfill({ ...answer });
    if (refused) onBlocked({ origin: originName(request.url()), kind: request.resourceType(), reason: NOT_RECEIVING });
    return route.abort(refused ? 'blockedbyclient' : 'failed');
  }

  async function decide(route: Route): Promise<void> {
    const request = route.request();
    if (!origins.allows(request.url())) {
      onBlocked({ origin: originName(request.url()), kind: request.resourceType() });
      return route.abort('blockedbyclient');
    }
    if (typed.length > 0 && !origins.receives(request.url())) return carry(route);
    if (passage.state === 'held' && !(await carries(request))) return route.continue();
    const isHeld = passage.state === 'held';
    if (!(await passage.pass())) {
      if (isHeld) onBlocked({ origin: originName(request.url()), kind: `${request.resourceType()} (${request.method()})`, reason: HELD });
      return route.abort('blockedbyclient');
    }
    if (hasBody(request) || (secrets && holdsAny(secrets, [request.url()]))) await proxy.freshen();
    return route.continue();
  }

  function socket(page: WebSocketRoute): void {
    if (!origins.receives(page.url())) {
      onBlocked({ origin: originName(page.url()), kind: 'websocket', ...(origins.allows(page.url()) ? { reason: NOT_RECEIVING } : {}) });
      page.close({ code: 1008 }).catch(() => undefined);
      return;
    }
    const portal = page.connectToServer();
    // One after the other: a message that is held must not be overtaken.
    let before: Promise<unknown> = Promise.resolve();
    page.onMessage((message) => {
      before = before.then(async () => {
        if (await passage.pass()) portal.send(message);
      });
    });
  }

  // What a shared worker asks for belongs to no page and is not told of. Phones have none either, so pages do without.
  await context.addInitScript('delete globalThis.SharedWorker');
  // A page may be gone before its request is decided; then there is nothing left to decide.
  await context.route('**/*', (route) => decide(route).catch(() => undefined));
  await context.routeWebSocket(/.*/, socket);

  return {
    hold(mask) {
      if (secrets === null || typed.length === 0) typed.push(mask);
      else typed[typed.length - 1] = mask;
      secrets = mask;
      passage.noteTyped();
      proxy.cutOthers();
      if (passage.state === 'open') passage.change('held');
    },
    guard(mask) {
      typed.push(mask);
      passage.noteTyped();
      proxy.cutOthers();
    },
    release: () => (passage.state === 'held' || passage.state === 'open' ? passage.change('released') : undefined),
    shut() {
      passage.change('closed');
      return passage.used;
    },
    reset() {
      secrets = null;
      passage.reset();
    },
    sent: () => passage.used,
  };
}

/** Logins and changes of one session; a session that makes more sends nothing more to a host that may not receive what was typed. */
const MOST_ACTS = 20;
const HELD =
  'it was held, because it could carry what was typed, and the act ended before the step that sends (submit: true; submit: from_here where the page asks its server while one types)';
const NOT_RECEIVING = 'the recipe does not say that this host may receive what is typed (secrets: true)';

/** More than browsers send to any portal. A page may make them as long as it likes; what is longer is not looked through, and could hold anything. */
const MOST_LETTERS = 65_536;

const holdsAny = (secrets: SecretMask, texts: readonly string[]): boolean =>
  texts.reduce((sum, { length }) => sum + length, 0) > MOST_LETTERS || texts.some((text) => secrets.isIn(text));

const hasBody = (request: Request): boolean => !ASKING.includes(request.method());

/** Origin of a URL for a report; never its path or query, which may hold what must not be told. */
const originName = (url: string): string => (url.length <= MOST_LETTERS && URL.canParse(url) ? new URL(url).origin : 'unreadable');
