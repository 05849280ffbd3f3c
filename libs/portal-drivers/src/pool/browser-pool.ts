import { hasCode, type Logger, type Metrics, RcmError, withDeadline } from '@rcm/telemetry';
import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright';
import { findChromium } from '../chromium.ts';
import { browserMemory, browserPid } from './browser-process.ts';
import { hasSandbox, launchChromium } from './launch.ts';
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
  /** A browser that has served this many contexts gets no more; it ends when the last of them closes. Default 200. */
  readonly recycleAfter?: number;
  /** The same for a browser whose processes hold more than this many bytes, looked at every five seconds while contexts close. Default 1 GiB + 128 MiB for each context. */
  readonly recycleAboveBytes?: number;
  /** Shows the browser's window. Default false. */
  readonly headed?: boolean | undefined;
  /** Variables for the browser's environment beside a plain PATH, HOME, TMPDIR and LANG; a window needs its `DISPLAY`. Default none. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Whether pages are kept in Chromium's sandbox. Default: unless this process is root and the browser runs as it; then each start says so. */
  readonly sandbox?: boolean | undefined;
  /** The user that the browser runs as; only root may say. Default: this process's own. */
  readonly user?: string | undefined;
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
  /** Of its main process; `null` where it is not known. */
  readonly pid: number | null;
  served: number;
  open: number;
  /** It has grown too large: it gets no more contexts. */
  bloated: boolean;
}

const GIBIBYTE = 1024 ** 3;
/** A logged-in context with its page takes about half of this. */
const CONTEXT_BYTES = 128 * 1024 ** 2;

/** A look at a browser's memory takes about 45 ms, a tenth of a login. */
const WEIGH_EVERY_MS = 5_000;

/** Milliseconds that a browser has for opening or closing a context: a hundred times what it takes. */
const ANSWER_MS = 15_000;

export function createBrowserPool(options: BrowserPoolOptions): BrowserPool {
  const { logger, maxContexts } = options;
  const recycleAfter = options.recycleAfter ?? 200;
  const recycleAboveBytes = options.recycleAboveBytes ?? GIBIBYTE + maxContexts * CONTEXT_BYTES;
  const slots = createSlots({ size: maxContexts, maxWaiting: options.maxWaiting ?? 4 * maxContexts, waitMs: options.waitMs ?? 30_000 });
  const openGauge = options.metrics?.gauge('rcm_browser_contexts');
  const memoryGauge = options.metrics?.gauge('rcm_browser_memory_bytes');
  const launches = options.metrics?.counter('rcm_browser_launches_total');
  const browsers = new Set<Browser>();
  let current: Promise<Running> | null = null;
  let closed = false;

  async function launch(): Promise<Running> {
    const executablePath = options.executablePath ?? (await findChromium());
    if (executablePath === null) throw new RcmError('browser_unavailable', 'No Chromium was found: install one, or set the path of an installed one.');
    const { headed = false, environment = {}, sandbox, user } = options;
    if (sandbox === undefined && !hasSandbox(options))
      logger.warn('Chromium runs without its sandbox: a page that breaks out of it can do what this process can.');
    const browser = await launchChromium({ executablePath, headed, environment, sandbox, user });
    browsers.add(browser);
    launches?.inc();
    browser.on('disconnected', () => {
      browsers.delete(browser);
      if (!closed) logger.warn('The browser ended; the next context starts a new one.');
    });
    return { browser, pid: await browserPid(browser), served: 0, open: 0, bloated: false };
  }

  /** The browser to use now: the running one, or a new one where it died or has served enough. One launch at a time. */
  async function usable(): Promise<Running> {
    const running = await current?.catch(() => null);
    if (running?.browser.isConnected() && !isWorn(running)) return running;
    if (running) retire(running);
    const launching = launch();
    current = launching;
    launching.catch(() => (current === launching ? (current = null) : undefined));
    return launching;
  }

  const isWorn = (running: Running): boolean => running.served >= recycleAfter || running.bloated;

  function retire(running: Running): void {
    if (running.open === 0 && running.browser.isConnected())
      running.browser.close().catch((error: unknown) => logger.warn({ err: error }, 'An old browser did not close.'));
  }

  /** A browser that does not answer is ended by force: its contexts would never be given back. */
  function end({ browser, pid }: Running): void {
    if (!browser.isConnected() || pid === null) return;
    logger.warn('The browser does not answer and is ended.');
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself just now.
    }
  }

  let weighedAt = -Infinity;
  async function weigh(running: Running): Promise<void> {
    if (!running.browser.isConnected() || isWorn(running) || performance.now() - weighedAt < WEIGH_EVERY_MS) return;
    weighedAt = performance.now();
    const bytes = await browserMemory(running.browser);
    if (bytes === null) return;
    memoryGauge?.set(bytes);
    if (bytes <= recycleAboveBytes) return;
    running.bloated = true;
    logger.info({ bytes, limit: recycleAboveBytes, served: running.served }, 'The browser has grown too large; the next context starts a new one.');
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
      const opening = () => running.browser.newContext({ ...contextOptions, acceptDownloads: false, serviceWorkers: 'block' });
      return await withDeadline({ ms: ANSWER_MS, what: 'Opening a context' }, opening);
    } catch (cause) {
      end(running);
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
      const last = await current?.catch(() => null);
      const closing = () => Promise.all([...browsers].map((browser) => browser.close().catch(() => undefined)));
      await withDeadline({ ms: ANSWER_MS, what: 'Closing the browser' }, closing).catch(() => last && end(last));
    },
  };

  function pooled(context: BrowserContext, running: Running, giveBack: () => void): PooledContext {
    openGauge?.inc();
    let closing: Promise<void> | null = null;
    const closeContext = async (): Promise<void> => {
      // A context of a browser that died is already gone; one of a browser that hangs goes with it.
      await withDeadline({ ms: ANSWER_MS, what: 'Closing a context' }, () => context.close()).catch((error: unknown) => {
        if (hasCode(error, 'deadline_exceeded')) end(running);
      });
      openGauge?.dec();
      running.open -= 1;
      giveBack();
      await weigh(running);
      const replaced = (await current?.catch(() => null)) !== running;
      if (replaced || isWorn(running)) retire(running);
    };
    return { context, close: () => (closing ??= closeContext()) };
  }
}
