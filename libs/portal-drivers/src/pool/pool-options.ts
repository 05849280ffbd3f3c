import type { Logger, Metrics } from '@rcm/telemetry';
import type { BrowserLimits } from './running-browser.ts';

export interface BrowserPoolOptions {
  /** Path of Chromium. Default: what `findChromium` finds. */
  readonly executablePath?: string | undefined;
  /** Contexts that have a place at the same time. */
  readonly maxContexts: number;
  /** Contexts that may be open beside them without one (`leave`). Default: as many. */
  readonly maxLeaving?: number;
  /** Contexts that may wait for a place. Default 4 × maxContexts. */
  readonly maxWaiting?: number;
  /** Milliseconds to wait for a place. Default 30,000. */
  readonly waitMs?: number;
  /** A browser that has served this many contexts gets no more; it ends when the last of them closes. Default 200. */
  readonly recycleAfter?: number;
  /** The same for a browser whose processes hold more than this many bytes, looked at every five seconds while contexts close. Default 1 GiB + 128 MiB for each place. */
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

/** A logged-in context with its page takes about half of the second. */
const [GIBIBYTE, CONTEXT_BYTES] = [1024 ** 3, 128 * 1024 ** 2];

/** When a browser of the pool gets no more contexts. */
export const limitsOf = ({ maxContexts, recycleAfter, recycleAboveBytes }: BrowserPoolOptions): BrowserLimits => ({
  contexts: recycleAfter ?? 200,
  bytes: recycleAboveBytes ?? GIBIBYTE + maxContexts * CONTEXT_BYTES,
});
