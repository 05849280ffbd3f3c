import { type Logger, type Metrics, RcmError } from '@rcm/telemetry';
import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright-core';
import { findChromium } from '../chromium.ts';
import { launchChromium } from './launch.ts';
import { createSlots } from './slots.ts';

export interface BrowserPoolOptions {
  /** Path of Chromium. Default: what `findChromium` finds. */
  readonly executablePath?: string | undefined;
  /** Contexts open at the same time. */
  readonly maxContexts: number;
  /** Contexts that may wait for a place. Default 4 × maxContexts. */
  readonly maxWaiting?: number;
  /** Milliseconds to wait for a place. Default 30,000. */
  readonly waitMs?: number;
  /** A browser that has served this many contexts is replaced as soon as it is idle. Default 200. */
  readonly recycleAfter?: number;
  /** Shows the browser's window. Default false. */
  readonly headed?: boolean | undefined;
  readonly logger: Logger;
  readonly metrics?: Metrics | undefined;
}

export interface PooledContext {
  readonly context: BrowserContext;
  /** Closes the context, forgets its cookies and gives the place back. May be called again. */
  close(): Promise<void>;
}

/** One Chromium for the whole process, started when first needed, started again after it died. */
export interface BrowserPool {
  /** Opens a fresh context. Fails with `browser_unavailable` (no browser, no place in time, pool closed) or `cancelled`. */
  openContext(options: { readonly context: BrowserContextOptions; readonly signal: AbortSignal }): Promise<PooledContext>;
  /** Closes every context and the browser; no process of it stays. */
  close(): Promise<void>;
}

/** A running browser and how much it is used. */
interface Running {
  readonly browser: Browser;
  served: number;
  open: number;
}

export function createBrowserPool(options: BrowserPoolOptions): BrowserPool {
  const { logger, maxContexts } = options;
  const recycleAfter = options.recycleAfter ?? 200;
  const slots = createSlots({ size: maxContexts, maxWaiting: options.maxWaiting ?? 4 * maxContexts, waitMs: options.waitMs ?? 30_000 });
  const openGauge = options.metrics?.gauge('rcm_browser_contexts', 'Browser contexts that are open');
  const launches = options.metrics?.counter('rcm_browser_launches_total', 'Times a Chromium was started');
  const browsers = new Set<Browser>();
  let current: Promise<Running> | null = null;
  let closed = false;

  async function launch(): Promise<Running> {
    const executablePath = options.executablePath ?? (await findChromium());
    if (executablePath === null) throw new RcmError('browser_unavailable', 'No Chromium was found: install one, or set the path of an installed one.');
    const browser = await launchChromium({ executablePath, headed: options.headed ?? false });
    browsers.add(browser);
    launches?.inc();
    browser.on('disconnected', () => {
      browsers.delete(browser);
      if (!closed) logger.warn('The browser ended; the next context starts a new one.');
    });
    return { browser, served: 0, open: 0 };
  }

  /** The browser to use now: the running one, or a new one where it died or has served enough. One launch at a time. */
  async function usable(): Promise<Running> {
    const running = await current?.catch(() => null);
    if (running && running.browser.isConnected() && running.served < recycleAfter) return running;
    if (running) retire(running);
    const launching = launch();
    current = launching;
    launching.catch(() => (current === launching ? (current = null) : undefined));
    return launching;
  }

  function retire(running: Running): void {
    if (running.open === 0 && running.browser.isConnected())
      running.browser.close().catch((error: unknown) => logger.warn({ err: error }, 'An old browser did not close.'));
  }

  let choosing: Promise<unknown> = Promise.resolve();
  /** Chooses in turn, so that two first contexts do not start two browsers. */
  function choose(): Promise<Running> {
    const chosen = choosing.then(usable).then((running) => {
      running.served += 1;
      running.open += 1;
      return running;
    });
    choosing = chosen.catch(() => undefined);
    return chosen;
  }

  async function openIn(running: Running, contextOptions: BrowserContextOptions): Promise<BrowserContext> {
    try {
      return await running.browser.newContext({ ...contextOptions, acceptDownloads: false, serviceWorkers: 'block' });
    } catch (cause) {
      throw new RcmError('browser_unavailable', 'The browser could not open a context.', { cause });
    }
  }

  return {
    async openContext({ context: contextOptions, signal }) {
      if (closed) throw new RcmError('browser_unavailable', 'The browser pool is closed.');
      const giveBack = await slots.take(signal);
      let running: Running | null = null;
      try {
        running = await choose();
        if (closed) throw new RcmError('browser_unavailable', 'The browser pool is closed.');
        const context = await openIn(running, contextOptions);
        return pooled(context, running, giveBack);
      } catch (error) {
        if (running) running.open -= 1;
        giveBack();
        throw error;
      }
    },
    async close() {
      closed = true;
      slots.close();
      await choosing;
      await Promise.all([...browsers].map((browser) => browser.close().catch(() => undefined)));
    },
  };

  function pooled(context: BrowserContext, running: Running, giveBack: () => void): PooledContext {
    openGauge?.inc();
    let closing: Promise<void> | null = null;
    const end = async (): Promise<void> => {
      // A context of a browser that died is already gone.
      await context.close().catch(() => undefined);
      openGauge?.dec();
      running.open -= 1;
      const replaced = (await current?.catch(() => null)) !== running;
      if (replaced || running.served >= recycleAfter) retire(running);
      giveBack();
    };
    return { context, close: () => (closing ??= end()) };
  }
}
