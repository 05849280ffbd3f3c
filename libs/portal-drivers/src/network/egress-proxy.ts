import { createServer, type IncomingMessage, request as sendRequest, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate as dueEvents } from 'node:timers/promises';
import { isRcmError } from '@rcm/telemetry';
import { join } from './join.ts';
import { LostRequests } from './lost-requests.ts';
import { plainLook } from './on-its-way.ts';
import type { Origins } from './origins.ts';
import { passBack, passedOn } from './passed-on.ts';
import type { Passage } from './passage.ts';
import { connectionTo, connectTunnel, limitConnecting } from './portal-connection.ts';
import type { Destination, FoundAddress, SessionAddresses } from './session-addresses.ts';
import { TunnelRecords } from './tunnel-records.ts';
import type { Tunnels } from './tunnels.ts';
import type { Unanswered } from './unanswered.ts';

/** Far above what Chromium opens through one proxy. */
const MOST_CONNECTIONS = 512;
/** Portals set large cookies; Node's own limit of 16 KB would look like a dropped connection. */
const MAX_HEADER_BYTES = 64 * 1024;

/** Why no other tunnel is made, and no request without one is passed on. */
export const REPEATED = 'the connection broke over which something was sent that has no answer, and the browser would have sent it once more';
const PASSED = 'the browser would have sent by itself once more what it had sent, without any answer that a page hears of';

export interface EgressProxyOptions {
  readonly origins: Origins;
  readonly addresses: SessionAddresses;
  /** What may leave; sockets wait here for it. */
  readonly passage: Passage;
  /** Those that are made here. */
  readonly tunnels: Tunnels;
  /** What was sent and must not be sent twice. */
  readonly unanswered: Unanswered;
  /** Told of every connection that was refused; `reason` where a declared host was refused. */
  readonly onBlocked: (origin: string, reason?: string) => void;
}

/**
 * A proxy on loopback that lets one browser context reach its declared hosts and nobody else. Request interception in the
 * browser does not see where a redirect leads, nor preconnects and beacons of a closing page; a socket does not pass here.
 *
 * Names are resolved here and nowhere else, once in a session, and connected to is only an address that was checked (`SessionAddresses`).
 *
 * A socket (WebSocket) is known by its tunnel and held here, wherever it was opened (`createValve`).
 *
 * It also keeps a submit from being sent twice: Chromium by itself repeats a request, even a POST, when a connection that was
 * used before breaks without an answer (seen with 1 POST too many in a test). So each plain request has a connection of its
 * own, and tunnels, which cannot be looked into, are cut while they are quiet before something is submitted. Over HTTP/2 a submit
 * still goes by a connection that was used, where the page asks for something right before it: to repeat it the browser needs another tunnel, and gets none. By
 * HTTP/1.1 it may have one, which it opened for what the page asks for beside the submit. What passes once more there is known by its length (`TunnelRecords`).
 */
export class EgressProxy {
  readonly #options: EgressProxyOptions;
  readonly #sockets = new Set<Socket>();
  readonly #lost: LostRequests;
  readonly #server: Server;

  private constructor(options: EgressProxyOptions, server: Server) {
    this.#options = options;
    this.#lost = new LostRequests(options.unanswered);
    this.#server = server;
    server.maxConnections = MOST_CONNECTIONS;
    server.on('request', (incoming, answer) => {
      this.#forward(incoming, answer).catch(() => incoming.socket.destroy());
    });
    server.on('connect', (incoming, browser: Socket, head: Buffer) => {
      this.#tunnel(incoming, browser, head).catch(() => browser.destroy());
    });
    server.on('connection', (socket) => this.#watch(socket));
    server.on('clientError', (_error, socket) => socket.destroy());
  }

  static async start(options: EgressProxyOptions): Promise<EgressProxy> {
    const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES });
    const proxy = new EgressProxy(options, server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  /** Address of the proxy that the browser context must use, until it is closed. */
  get server(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /**
   * Cuts every quiet tunnel, so that what is sent next gets a connection of its own. Takes milliseconds, and a second at most where something had to wait.
   * Called before each request that has a body. The connection of one that has no answer yet is left, or Chromium would send it once more.
   */
  freshen(): Promise<void> {
    return this.#options.tunnels.cutQuiet(this.#options.unanswered.since());
  }

  /** Cuts every tunnel to a host that may not receive what is typed now; it gets no other one. */
  cutOthers(): void {
    this.#options.tunnels.cutOthers();
  }

  /** Ends all that is on its way, so that nothing is heard of an answer that comes later. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.cutAll();
    await closed;
  }

  /** Whether the browser gets no connection to a host any more: it holds a secret that this host may not receive. Who asks there for it is the `Carrier`. */
  #isOver({ receives }: Destination): boolean {
    return this.#options.passage.typed && !receives;
  }

  /** The host that is asked for without a tunnel. */
  #plainly(target: URL | null): Destination | null {
    return target?.protocol === 'http:' ? this.#options.origins.destination(target.host, false) : null;
  }

  /** The checked addresses of a destination; `null`, and told of, where it is refused or cannot be resolved. */
  async #reachable(destination: Destination): Promise<readonly FoundAddress[] | null> {
    try {
      return await this.#options.addresses.of(destination);
    } catch (error) {
      if (isRcmError(error) && error.code === 'address_refused') this.#options.onBlocked(destination.host, error.message);
      return null;
    }
  }

  /** Whether a request that goes without a tunnel may leave now; it is taken to leave then. */
  #mayForward({ method = 'GET' }: IncomingMessage, target: URL, destination: Destination): boolean {
    const { passage, unanswered, onBlocked } = this.#options;
    if (this.#isOver(destination) || passage.state === 'closed') return false;
    if (unanswered.mayPass([plainLook(method, target)], {}, performance.now()) === 'passes') return true;
    onBlocked(destination.host, PASSED);
    return false;
  }

  async #forward(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const target = targetOf(incoming);
    const destination = this.#plainly(target);
    if (!target || !destination || this.#isOver(destination)) {
      this.#options.onBlocked(target?.origin ?? 'unreadable');
      incoming.socket.destroy();
      return;
    }
    incoming.on('error', () => undefined);
    const found = await this.#reachable(destination);
    // Playwright tells of a redirect an event after it has let it go on.
    await dueEvents();
    if (!found || incoming.socket.destroyed || !this.#mayForward(incoming, target, destination)) return void incoming.socket.destroy();
    const outgoing = sendRequest({
      ...connectionTo(destination, found),
      port: target.port || 80,
      method: incoming.method ?? 'GET',
      path: target.pathname + target.search,
      headers: [...passedOn(incoming.rawHeaders), 'connection', 'close'],
      setDefaultHeaders: false,
      agent: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      timeout: 0,
    });
    outgoing.on('socket', (socket) => limitConnecting(this.#watch(socket)));
    outgoing.on('response', (response) => passBack(response, answer, incoming.socket));
    outgoing.on('error', () => incoming.socket.destroy());
    incoming.on('error', () => outgoing.destroy());
    answer.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  }

  async #tunnel(incoming: IncomingMessage, browser: Socket, head: Buffer): Promise<void> {
    const host = incoming.url ?? '';
    const destination = this.#options.origins.destination(host, true);
    if (!destination || this.#isOver(destination)) {
      this.#options.onBlocked(`tunnel to ${host}`);
      browser.destroy();
      return;
    }
    browser.on('error', () => undefined);
    if (await this.#options.unanswered.isLost(destination)) {
      this.#options.onBlocked(destination.host, REPEATED);
      return void browser.destroy();
    }
    if (browser.destroyed) return;
    const tunnel = this.#options.tunnels.begin(browser, destination);
    const found = await this.#reachable(destination);
    if (!found || this.#isOver(destination) || browser.destroyed) return void browser.destroy();
    const portal = this.#watch(connectTunnel(host, destination, found));
    limitConnecting(portal);
    const { passage, unanswered, tunnels, onBlocked } = this.#options;
    const records = new TunnelRecords({ unanswered, lost: this.#lost, destination, onRepeat: () => onBlocked(destination.host, PASSED) });
    portal.on('connect', () => {
      if (this.#isOver(destination)) return void browser.destroy();
      browser.write('HTTP/1.1 200 Connection established\r\n\r\n');
      if (head.length > 0) browser.unshift(head);
      tunnels.follow(tunnel, { valve: join(tunnel, portal, { passage, records }), portal });
    });
    for (const [one, other] of [
      [browser, portal],
      [portal, browser],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  }

  #watch(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }
}

/** Where a request to a proxy goes: it names the whole address (RFC 9112, 3.2.2). `null`: nobody can read it. */
function targetOf({ url = '' }: IncomingMessage): URL | null {
  return URL.canParse(url) ? new URL(url) : null;
}
