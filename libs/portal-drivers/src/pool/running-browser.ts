import { hasCode, type Logger, RcmError, withDeadline } from '@rcm/telemetry';
import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright';
import { browserMemory } from './browser-process.ts';

/** Milliseconds that a browser has for opening or closing contexts: a hundred times what it takes. */
export const ANSWER_MS = 15_000;

/** A browser gets no more contexts once it has served so many, or holds more bytes of memory. */
export interface BrowserLimits {
  readonly contexts: number;
  readonly bytes: number;
}

interface RunningBrowserOptions {
  readonly browser: Browser;
  /** Of its main process; `null` where it is not known. */
  readonly pid: number | null;
  readonly limits: BrowserLimits;
  readonly logger: Logger;
}

/**
 * `serving`: it gets contexts. `draining`: it has served enough or grown too large, gets no more, and ends when the last of them closes.
 * `ended`: it was closed or killed, or died.
 */
type BrowserState = 'serving' | 'draining' | 'ended';

/** A browser of the pool, once it has started, and how much it is used. */
export class RunningBrowser {
  readonly #options: RunningBrowserOptions;
  #served = 0;
  #open = 0;
  #bloated = false;
  /** Its connection breaks a little later. */
  #killed = false;

  constructor(options: RunningBrowserOptions) {
    this.#options = options;
  }

  get state(): BrowserState {
    if (this.#killed || !this.#options.browser.isConnected()) return 'ended';
    return this.#served >= this.#options.limits.contexts || this.#bloated ? 'draining' : 'serving';
  }

  /** Counts a context before it is opened: until `noteClosed` the browser is not ended for being unused. */
  noteOpening(): void {
    this.#served += 1;
    this.#open += 1;
  }

  /** Of a context that is closed, or that could not be opened. */
  noteClosed(): void {
    this.#open -= 1;
  }

  /** Fails with `browser_unavailable`, and ends the browser. */
  async openContext(options: BrowserContextOptions): Promise<BrowserContext> {
    try {
      const opening = () => this.#options.browser.newContext({ ...options, acceptDownloads: false, serviceWorkers: 'block' });
      return await withDeadline({ ms: ANSWER_MS, what: 'Opening a context' }, opening);
    } catch (cause) {
      this.kill();
      throw new RcmError('browser_unavailable', 'The browser could not open a context.', { cause });
    }
  }

  /** Never fails: a context of a browser that died is already gone; one of a browser that hangs goes with it. */
  async closeContext(context: BrowserContext): Promise<void> {
    await withDeadline({ ms: ANSWER_MS, what: 'Closing a context' }, () => context.close()).catch((error: unknown) => {
      if (hasCode(error, 'deadline_exceeded')) this.kill();
    });
  }

  /** Looks whether it has grown too large. Returns its bytes of memory; `null` where they are not known. */
  async weigh(): Promise<number | null> {
    const { browser, limits, logger } = this.#options;
    const bytes = await browserMemory(browser);
    if (bytes === null || bytes <= limits.bytes) return bytes;
    this.#bloated = true;
    logger.info({ bytes, limit: limits.bytes, served: this.#served }, 'The browser has grown too large; the next context starts a new one.');
    return bytes;
  }

  /** Ends it where nobody uses it any more. */
  retire(): void {
    const { browser, logger } = this.#options;
    if (this.#open === 0 && this.state !== 'ended') browser.close().catch((error: unknown) => logger.warn({ err: error }, 'An old browser did not close.'));
  }

  /** Never fails: one that died is closed. */
  async close(): Promise<void> {
    await this.#options.browser.close().catch(() => undefined);
  }

  /** Ends by force a browser that does not answer: its contexts would never be given back. */
  kill(): void {
    const { pid, logger } = this.#options;
    if (this.state === 'ended' || pid === null) return;
    logger.warn('The browser does not answer and is ended.');
    this.#killed = true;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself just now.
    }
  }
}
