import { setImmediate as dueTimers } from 'node:timers/promises';
import type { BrowserContext, Request, Route } from 'playwright';
import type { BlockedRequest } from '../trace.ts';
import { hasBody, originName, pageOf, unnamed } from './asked-for.ts';
import { type Carrier, passedOn } from './carrier.ts';
import type { EgressProxy } from './egress-proxy.ts';
import { firstBytesOf, looksOf } from './on-its-way.ts';
import type { Origins } from './origins.ts';
import { holdSockets, NOT_RECEIVING } from './page-sockets.ts';
import type { Passage } from './passage.ts';
import type { SecretMask } from '../secret-mask.ts';
import type { Departures } from './sent-once.ts';
import { TypedSecrets } from './typed-secrets.ts';
import type { MaybeOfWorker, Unanswered } from './unanswered.ts';
import { Withheld } from './withheld.ts';

interface RequestGateOptions {
  readonly context: BrowserContext;
  readonly origins: Origins;
  readonly proxy: EgressProxy;
  readonly passage: Passage;
  readonly unanswered: Unanswered;
  readonly carrier: Carrier;
  readonly onBlocked: (blocked: BlockedRequest) => void;
}

const HELD =
  'it was held, because it could carry what was typed, and the act ended before the step that sends (submit: true; submit: from_here where the page asks its server while one types)';

/**
 * Stands between the pages of a context and the network, and knows whether anything could have left since the release. Requests wait
 * here, the messages of a page's sockets too; sockets that are opened elsewhere, in workers, are not seen here and wait at the proxy.
 */
export class RequestGate {
  readonly withheld = new Withheld();
  readonly #options: RequestGateOptions;
  readonly #secrets = new TypedSecrets();
  #departures: Departures | undefined;

  private constructor(options: RequestGateOptions) {
    this.#options = options;
  }

  static async install(options: RequestGateOptions): Promise<RequestGate> {
    const { context } = options;
    const gate = new RequestGate(options);
    // What a shared worker asks for belongs to no page and is not told of. Phones have none either, so pages do without.
    await context.addInitScript('delete globalThis.SharedWorker');
    // Before a page is opened: a worker of any of its frames, and a worker's own, is told of as the page's.
    context.on('page', (page) => {
      page.on('worker', (worker) => {
        options.passage.noteWorker();
        worker.on('close', () => options.unanswered.workerEnded(page));
      });
    });
    // A page may be gone before its request is decided; then there is nothing left to decide.
    await context.route('**/*', (route) => gate.#decide(route).catch(() => undefined));
    await holdSockets(options);
    return gate;
  }

  /** A secret is about to be typed: from now on nothing that could carry it leaves. `secrets` are all of its act until now. */
  hold(secrets: SecretMask): void {
    const { passage } = this.#options;
    this.#secrets.noteTyped(secrets);
    this.#cutOthers();
    if (passage.state === 'open') passage.change('held');
  }

  /** The browser holds a secret that the portal gave it: it goes to whoever may receive what is typed, at any time, and to nobody else. */
  guard(secrets: SecretMask): void {
    this.#secrets.noteGiven(secrets);
    this.#cutOthers();
  }

  /** The submit may leave now, as long as `mayLeave` says so. `departures`: asked of each request that is begun from now on. Default: nobody is. */
  release(departures?: Departures, mayLeave?: () => boolean): void {
    const { passage } = this.#options;
    this.#departures = departures;
    if (passage.state === 'held' || passage.state === 'open') passage.release(mayLeave);
  }

  /** The act is over and its page is no longer trusted to be still: nothing leaves any more. Returns `sent()`. */
  shut(): boolean {
    this.#options.passage.change('closed');
    return this.sent();
  }

  /** The same, and no answer comes any more either: a late one could lead on with what was sent. Returns `sent()`. */
  cut(): boolean {
    const sent = this.shut();
    this.#options.proxy.cutAll();
    return sent;
  }

  /** The act ended well: the next one begins with an open request gate. */
  reset(): void {
    this.#secrets.endAct();
    this.#options.unanswered.clear();
    this.#options.passage.reset();
  }

  /** Whether what was typed in this act may be in what a request says; not in what its headers do. */
  mayCarry(request: Request): boolean {
    return this.#secrets.ofActMayBeIn([request.url(), request.postData() ?? '']);
  }

  /** The same of what was typed in any act of the session. */
  mayCarryAny(request: Request): boolean {
    return this.#secrets.anyMayBeIn([request.url(), request.postData() ?? '']);
  }

  /** A request leaves that must not be sent twice. `ofWorker`: where a worker may have sent it. */
  noteLeaving(request: Request, ofWorker: MaybeOfWorker | null = this.#maybeOfWorker(request)): void {
    const { origins, passage, unanswered } = this.#options;
    const destination = request.url().startsWith('https:') ? origins.behind(request.url()) : null;
    const looks = passage.state === 'released' ? looksOf(request, destination) : [];
    unanswered.note({ destination, ofWorker, looks, ...(destination && { firstBytes: this.#firstBytes(request) }) }, request.response());
  }

  async #firstBytes(request: Request): Promise<number> {
    return firstBytesOf(request, await this.#options.context.cookies(request.url()));
  }

  /** Whether any request left since `release`, answered or not. */
  sent(): boolean {
    return this.#options.passage.used;
  }

  #cutOthers(): void {
    const { passage, proxy } = this.#options;
    passage.noteTyped();
    proxy.cutOthers();
  }

  async #decide(route: Route): Promise<void> {
    const { origins, passage, proxy, onBlocked } = this.#options;
    const request = route.request();
    if (!origins.allows(request.url())) {
      onBlocked({ origin: originName(request.url()), kind: request.resourceType() });
      return route.abort('blockedbyclient');
    }
    if (this.#secrets.inSession && !origins.receives(request.url())) return this.#askCarrier(route);
    if (passage.state === 'held' && !(await this.#carries(request))) return route.continue();
    const ofWorker = this.#maybeOfWorker(request);
    if (!(await this.#mayGo(route))) return;
    if (!(hasBody(request) || this.#secrets.ofActMayBeIn([request.url()]))) return route.continue();
    await proxy.freshen();
    // A process that was stopped meanwhile goes on here before it hears that the time of the act is over: timers come in the order in which they were due.
    await dueTimers();
    if (passage.state === 'closed') return route.abort('blockedbyclient');
    this.noteLeaving(request, ofWorker);
    return route.continue(unnamed(request));
  }

  /** Whether a request may leave, once it need not wait any more; one that may not ends here. */
  async #mayGo(route: Route): Promise<boolean> {
    const { passage } = this.#options;
    const isHeld = passage.state === 'held';
    if (!isHeld && !(await this.#departs(route))) return false;
    if (await passage.pass()) return !isHeld || this.#departs(route);
    if (isHeld) this.#tell(route.request(), HELD);
    await route.abort('blockedbyclient');
    return false;
  }

  /** The same of one that is let out. Where it would lead to a new page, the browser stays at the one that it has. */
  async #departs(route: Route): Promise<boolean> {
    const request = route.request();
    const isReleased = this.#options.passage.state === 'released';
    const reason = this.withheld.whyNot(request) ?? (isReleased ? await this.#departures?.whyNot(request) : null);
    if (!reason) return true;
    this.#tell(request, reason);
    await (request.isNavigationRequest() ? route.fulfill({ status: 204 }) : route.abort('blockedbyclient'));
    return false;
  }

  #tell(request: Request, reason: string): void {
    this.#options.onBlocked({ origin: originName(request.url()), kind: `${request.resourceType()} (${request.method()})`, reason });
  }

  /** `null`: it is known as what a page submits, since it leads to a new page, or what was typed is in it as it is. */
  #maybeOfWorker(request: Request): MaybeOfWorker | null {
    if (request.isNavigationRequest() || this.mayCarry(request)) return null;
    const page = pageOf(request);
    return page && this.#options.unanswered.ofWorkerIn(page);
  }

  /** Whether a request could carry what was typed: in its body, address, headers or cookies. */
  async #carries(request: Request): Promise<boolean> {
    if (!this.#secrets.inAct || hasBody(request)) return true;
    const cookies = await this.#options.context.cookies(request.url());
    return this.#secrets.ofActMayBeIn([request.url(), ...Object.values(request.headers()), ...cookies.map(({ value }) => value)]);
  }

  /** For a host that may not receive what was typed: the browser itself gets no connection there. */
  async #askCarrier(route: Route): Promise<void> {
    const { origins, passage, carrier, onBlocked } = this.#options;
    const request = route.request();
    const destination = origins.behind(request.url());
    const headers = await request.allHeaders();
    if (passage.state === 'closed') return route.abort('blockedbyclient');
    const refused = destination === null || this.#leaks(request, headers);
    const answer = refused ? null : await carrier.get(request.url(), destination, headers);
    if (answer) return route.fulfill({ ...answer });
    if (refused) onBlocked({ origin: originName(request.url()), kind: request.resourceType(), reason: NOT_RECEIVING });
    return route.abort(refused ? 'blockedbyclient' : 'failed');
  }

  /** Whether a request to a host that may not receive what was typed could carry it, in what is passed on of it: its address and few headers, and no cookie. */
  #leaks(request: Request, headers: Readonly<Record<string, string>>): boolean {
    return hasBody(request) || this.#secrets.anyMayBeIn([request.url(), ...Object.values(passedOn(headers))]);
  }
}
