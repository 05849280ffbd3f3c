import { isRcmError, RcmError, withDeadline } from '@rcm/telemetry';
import type { BrowserContext, BrowserContextOptions } from 'playwright';
import { findChromium } from '../chromium.ts';
import { browserPid } from './browser-process.ts';
import { hasSandbox, launchChromium } from './launch.ts';
import { poolMetrics, type PoolMetrics } from './pool-metrics.ts';
import { type BrowserPoolOptions, limitsOf } from './pool-options.ts';
import { ANSWER_MS, type BrowserLimits, RunningBrowser } from './running-browser.ts';
import { createSlots, type Slots } from './slots.ts';

export interface PooledContext {
  readonly context: BrowserContext;
  /** Gives the place back while the context is still open, and only signs out: waits. Where as many leave as may, it keeps its place until it is closed. */
  leave(): void;
  /** Closes the context, forgets its cookies and gives the place back. May be called again. */
  close(): Promise<void>;
}

interface OpenContextOptions {
  readonly context: BrowserContextOptions;
  readonly signal: AbortSignal;
}

/** One Chromium for the whole process, started when first needed, started again after it died. */
export interface BrowserPool {
  /** Opens a fresh context. Fails with `browser_unavailable` (no browser, no place in time, pool closed) or `cancelled`. */
  openContext(options: OpenContextOptions): Promise<PooledContext>;
  /** How many contexts have a place now. */
  places(): number;
  /** Why no browser can be had, in a sentence, from a start that failed until one that does not; before the first, where the path that was given names none. Else `null`. */
  problem(): Promise<string | null>;
  /** Closes every context and the browser; no process of it stays. */
  close(): Promise<void>;
}

/** A look at a browser's memory takes about 45 ms, a tenth of a login. */
const WEIGH_EVERY_MS = 5_000;

export function createBrowserPool(options: BrowserPoolOptions): BrowserPool {
  const pool = new ChromiumPool(options);
  // A record of functions, like every part that is handed on: whoever takes it may put another function in the place of one.
  return {
    openContext: (context) => pool.openContext(context),
    places: () => pool.places(),
    problem: () => pool.problem(),
    close: () => pool.close(),
  };
}

class ChromiumPool implements BrowserPool {
  readonly #options: BrowserPoolOptions;
  readonly #limits: BrowserLimits;
  readonly #slots: Slots;
  readonly #metrics: PoolMetrics;
  /** Contexts that have a place, and those that are open without one. */
  readonly #placed = new Set<BrowserContext>();
  readonly #leaving = new Set<BrowserContext>();
  /** Every browser that has started and not ended. */
  readonly #browsers = new Set<RunningBrowser>();
  /** The one that gets contexts, from its start on; `null` before the first, and where the last could not be started. */
  #current: Promise<RunningBrowser> | null = null;
  /** The choice of a browser that was begun last. */
  #choosing: Promise<unknown> = Promise.resolve();
  #weighedAt = -Infinity;
  /** Of the last start of a browser; `undefined`: none has ended yet. */
  #startProblem: string | null | undefined = undefined;
  #closed = false;

  constructor(options: BrowserPoolOptions) {
    const { maxContexts, maxWaiting = 4 * maxContexts, waitMs = 30_000 } = options;
    this.#options = options;
    this.#limits = limitsOf(options);
    this.#slots = createSlots({ size: maxContexts, maxWaiting, waitMs });
    this.#metrics = poolMetrics(options.metrics);
  }

  async openContext({ context: contextOptions, signal }: OpenContextOptions): Promise<PooledContext> {
    this.#checkOpen();
    const giveBack = await this.#slots.take(signal);
    let running: RunningBrowser | null = null;
    try {
      // Closed in this moment: a browser that starts now would be ended by nobody.
      this.#checkOpen();
      running = await this.#choose();
      this.#checkOpen();
      const context = await running.openContext(contextOptions);
      return this.#pooled(context, running, giveBack);
    } catch (error) {
      running?.noteClosed();
      giveBack();
      throw error;
    }
  }

  places(): number {
    return this.#placed.size;
  }

  async problem(): Promise<string | null> {
    if (this.#startProblem !== undefined) return this.#startProblem;
    const { executablePath: configured } = this.#options;
    return configured === undefined || (await findChromium({ configured })) !== null ? null : `No Chromium can be started from ${configured}.`;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#slots.close();
    await this.#choosing;
    const closing = () => Promise.all([...this.#browsers].map((running) => running.close()));
    await withDeadline({ ms: ANSWER_MS, what: 'Closing the browser' }, closing).catch(() => {
      for (const running of this.#browsers) running.kill();
    });
  }

  #checkOpen(): void {
    if (this.#closed) throw new RcmError('browser_unavailable', 'The browser pool is closed.');
  }

  /** Chooses in turn, so that two first contexts do not start two browsers. */
  #choose(): Promise<RunningBrowser> {
    const chosen = this.#choosing
      .then(() => this.#usable())
      .then((running) => {
        running.noteOpening();
        return running;
      });
    this.#choosing = chosen.catch(() => undefined);
    return chosen;
  }

  /** The browser to use now: the running one, or a new one where it died or has served enough. One launch at a time. */
  async #usable(): Promise<RunningBrowser> {
    const running = await this.#started();
    if (running?.state === 'serving') return running;
    running?.retire();
    const launching = this.#launch();
    this.#current = launching;
    launching.catch((error: unknown) => {
      if (this.#current === launching) this.#current = null;
      this.#metrics.failures?.inc();
      this.#startProblem = isRcmError(error) ? error.message : 'No Chromium can be started; see the log.';
    });
    return launching;
  }

  /** The current one, once it has started; `null` where there is none. */
  #started(): Promise<RunningBrowser | null> {
    return this.#current?.catch(() => null) ?? Promise.resolve(null);
  }

  async #launch(): Promise<RunningBrowser> {
    const { headed = false, environment = {}, sandbox, user, logger } = this.#options;
    const executablePath = this.#options.executablePath ?? (await findChromium());
    if (executablePath === null) throw new RcmError('browser_unavailable', 'No Chromium was found: install one, or set the path of an installed one.');
    if (sandbox === undefined && !hasSandbox(this.#options))
      logger.warn('Chromium runs without its sandbox: a page that breaks out of it can do what this process can.');
    const browser = await launchChromium({ executablePath, headed, environment, sandbox, user });
    this.#metrics.launches?.inc();
    this.#startProblem = null;
    const running = new RunningBrowser({ browser, pid: await browserPid(browser), limits: this.#limits, logger });
    this.#browsers.add(running);
    const ended = (): void => {
      this.#browsers.delete(running);
      if (!this.#closed) logger.warn('The browser ended; the next context starts a new one.');
    };
    // It may have ended while it was asked for its processes.
    if (browser.isConnected()) browser.on('disconnected', ended);
    else ended();
    return running;
  }

  #pooled(context: BrowserContext, running: RunningBrowser, giveBack: () => void): PooledContext {
    this.#metrics.contexts?.inc();
    this.#placed.add(context);
    let closing: Promise<void> | null = null;
    const closeContext = async (): Promise<void> => {
      await running.closeContext(context);
      for (const open of [this.#placed, this.#leaving]) open.delete(context);
      this.#metrics.contexts?.dec();
      running.noteClosed();
      giveBack();
      await this.#weigh(running);
      const replaced = (await this.#started()) !== running;
      if (replaced || running.state === 'draining') running.retire();
    };
    const { maxContexts, maxLeaving = maxContexts } = this.#options;
    const leave = (): void => {
      if (closing || this.#leaving.size >= maxLeaving) return;
      this.#placed.delete(context);
      this.#leaving.add(context);
      giveBack();
    };
    return { context, leave, close: () => (closing ??= closeContext()) };
  }

  async #weigh(running: RunningBrowser): Promise<void> {
    if (running.state !== 'serving' || performance.now() - this.#weighedAt < WEIGH_EVERY_MS) return;
    this.#weighedAt = performance.now();
    const bytes = await running.weigh();
    if (bytes !== null) this.#metrics.memory?.set(bytes);
  }
}
