import { RcmError } from '@rcm/telemetry';
import type { BrowserContext } from 'playwright-core';
import type { BrowserPool } from '../pool/browser-pool.ts';
import type { BlockedRequest } from '../trace.ts';
import { startFence } from './fence.ts';
import { type Gate, installGate } from './gate.ts';
import { declaredOrigins, type Origins, type OriginsOptions } from './origins.ts';

/** A browser context that reaches the declared hosts only, and whose gate holds what must not leave yet. */
export interface GuardedContext {
  readonly context: BrowserContext;
  readonly origins: Origins;
  readonly gate: Gate;
  /** Closes the context and its way to the network. */
  close(): Promise<void>;
}

export interface GuardedContextOptions extends OriginsOptions {
  readonly browser: BrowserPool;
  readonly signal: AbortSignal;
  /** Told of every request that was stopped. Default: nobody. */
  readonly onBlocked?: ((blocked: BlockedRequest) => void) | undefined;
}

/**
 * Opens one; for recipes, and for drivers that are code. Fails with `input_invalid` (base URL not on a declared host, or not protected),
 * `browser_unavailable` and `cancelled`.
 */
export async function openGuardedContext({ browser, signal, onBlocked = () => undefined, ...declared }: GuardedContextOptions): Promise<GuardedContext> {
  const origins = declaredOrigins(declared);
  const fence = await startFence({ origins, onBlocked: (origin) => onBlocked({ origin, kind: 'connection' }) });
  const opened = await browser.openContext({ signal, context: { proxy: { server: fence.server } } }).catch(async (error: unknown) => {
    await fence.close();
    throw error;
  });
  const close = async (): Promise<void> => {
    await opened.close();
    await fence.close();
  };
  try {
    const gate = await installGate({ context: opened.context, origins, fence, onBlocked });
    return { context: opened.context, origins, gate, close };
  } catch {
    await close();
    throw new RcmError('browser_unavailable', 'The browser could not guard a context.');
  }
}
