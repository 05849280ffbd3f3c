import { hasCode, RcmError, withDeadline } from '@rcm/telemetry';
import type { BrowserContext } from 'playwright';
import type { BrowserPool } from '../pool/browser-pool.ts';
import type { BlockedRequest } from '../trace.ts';
import { Carrier } from './carrier.ts';
import { readHost } from './declared-host.ts';
import { EgressProxy } from './egress-proxy.ts';
import { stopRedirects } from './redirects.ts';
import { RequestGate } from './request-gate.ts';
import { declaredOrigins, type Origins, type OriginsOptions } from './origins.ts';
import { Passage } from './passage.ts';
import { Tunnels } from './tunnels.ts';
import { Unanswered } from './unanswered.ts';
import { createSessionAddresses, type LookupAddresses, type SessionAddresses } from './session-addresses.ts';

/** A browser context that reaches the declared hosts only, and whose request gate holds what must not leave yet. */
export interface GuardedContext {
  readonly context: BrowserContext;
  readonly origins: Origins;
  readonly requestGate: RequestGate;
  /** Whether the name of a declared host could not be resolved when it was last asked for. */
  isUnknownHost(host: string): boolean;
  /** Gives its place in the browser back; it is only closed after this, or signs out first. */
  leave(): void;
  /** Closes the context and its way to the network. */
  close(): Promise<void>;
}

export interface GuardedContextOptions extends OriginsOptions {
  /** Default: the system's resolver. */
  readonly lookup?: LookupAddresses | undefined;
  readonly browser: BrowserPool;
  readonly signal: AbortSignal;
  /** Told of every request that was stopped. Default: nobody. */
  readonly onBlocked?: ((blocked: BlockedRequest) => void) | undefined;
}

/**
 * Opens one; for recipes, and for drivers that are code. Fails with `input_invalid` (base URL not on a declared host, or not protected), `address_refused` (a
 * host, or what the base URL's host resolves to, is not where the portal type says), `browser_unavailable` and `cancelled`.
 */
export async function openGuardedContext(options: GuardedContextOptions): Promise<GuardedContext> {
  const { browser, signal, lookup, onBlocked = () => undefined, ...declared } = options;
  const origins = declaredOrigins(declared);
  const addresses = createSessionAddresses({ lookup, portalType: declared.portalType });
  await checkBase(origins, addresses, signal);
  const passage = new Passage();
  const tunnels = new Tunnels();
  const unanswered = new Unanswered(tunnels);
  const proxy = await EgressProxy.start({
    origins,
    addresses,
    passage,
    tunnels,
    unanswered,
    onBlocked: (origin, reason) => onBlocked({ origin, kind: 'connection', ...(reason ? { reason } : {}) }),
  });
  const opened = await browser.openContext({ signal, context: { proxy: { server: proxy.server } } }).catch(async (error: unknown) => {
    await proxy.close();
    throw error;
  });
  const close = async (): Promise<void> => {
    await opened.close();
    await proxy.close();
  };
  try {
    const requestGate = await RequestGate.install({ context: opened.context, origins, proxy, passage, unanswered, carrier: new Carrier(addresses), onBlocked });
    stopRedirects({ context: opened.context, passage, gate: requestGate, onBlocked });
    const isUnknownHost = (host: string): boolean => addresses.isUnknown(readHost(host)?.name ?? '');
    return { context: opened.context, origins, requestGate, isUnknownHost, leave: opened.leave, close };
  } catch {
    await close();
    throw new RcmError('browser_unavailable', 'The browser could not guard a context.');
  }
}

/** Milliseconds for the name of the base URL, a little more than the resolver has. */
const BASE_MS = 10_000;

/** A refused address ends the session before a browser is asked, in words; a name that has no answer now is for the page to find out. */
async function checkBase({ base, destination }: Origins, addresses: SessionAddresses, signal: AbortSignal): Promise<void> {
  const host = destination(base.host, base.protocol === 'https:');
  if (!host) return;
  await withDeadline({ ms: BASE_MS, what: 'Resolving the name of the portal', signal }, () => addresses.of(host)).catch((error: unknown) => {
    if (hasCode(error, 'address_refused', 'cancelled')) throw error;
  });
}
