import { homedir, tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { RcmError } from '@rcm/telemetry';
import type { Browser } from 'playwright';
import { registerHoldingEngine } from '../evidence/holding-engine.ts';
import { registerDeclaredEngine } from '../interpreter/declared-engine.ts';
import { registerPressEngine } from '../interpreter/pressable.ts';
import { playwright } from '../playwright.ts';

/**
 * Quiet and lean: no talk to anyone but the portal. QUIC and WebRTC would pass by the egress proxy, and a
 * page's `dns-prefetch` would carry words to whoever answers for a name, so the browser itself resolves none: the proxy does.
 * A stream as a socket, or as the body of a request, goes on inside a connection for requests after its beginning was let through,
 * and nothing shows when. Nor is anything shown of a request that is put off (`fetchLater`), or that asks who somebody is (FedCM). Only Chromium has them,
 * so pages do without.
 */
const ARGUMENTS = [
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--force-webrtc-ip-handling-policy=disable_non_proxied_udp',
  '--webrtc-ip-handling-policy=disable_non_proxied_udp',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
  '--disable-blink-features=WebSocketStream,FetchUploadStreaming,FetchLaterAPI,FedCm',
];

/**
 * All that a browser sees of this process's environment unless the app says more: it needs no configuration of ours, and
 * none of our secrets.
 */
const defaultEnvironment = (): Readonly<Record<string, string>> => ({
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: homedir(),
  TMPDIR: tmpdir(),
  LANG: 'C.UTF-8',
});

const LAUNCH_MS = 30_000;

/** Starts the browser as somebody else. */
const AS_USER = fileURLToPath(new URL('as-user.sh', import.meta.url));

export interface LaunchOptions {
  readonly executablePath: string;
  readonly headed: boolean;
  /** Added to the browser's environment: what a window needs (`DISPLAY`, …), a time zone. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether pages are kept in Chromium's sandbox; as root it has none, unless it runs as another user. Default: wherever it can be. */
  readonly sandbox?: boolean | undefined;
  /** The user that it runs as, where this process is root. Default: this process's own. */
  readonly user?: string | undefined;
}

/** Chromium refuses to run as root with its sandbox. */
export const hasSandbox = ({ sandbox, user }: Pick<LaunchOptions, 'sandbox' | 'user'>): boolean => sandbox ?? (user !== undefined || process.getuid?.() !== 0);

/** Starts Chromium. The app decides when it stops: no signal handlers of Playwright's. Fails with `browser_unavailable`. */
export async function launchChromium(options: LaunchOptions): Promise<Browser> {
  const { executablePath, user } = options;
  const asUser = user === undefined ? {} : { RCM_AS_USER: user, RCM_AS_PROGRAM: executablePath };
  try {
    const { chromium } = await playwright();
    await Promise.all([registerDeclaredEngine(), registerHoldingEngine(), registerPressEngine()]);
    return await chromium.launch({
      executablePath: user === undefined ? executablePath : AS_USER,
      headless: !options.headed,
      args: ARGUMENTS,
      // Without it Playwright adds --no-sandbox.
      chromiumSandbox: hasSandbox(options),
      env: { ...defaultEnvironment(), ...options.environment, ...asUser },
      timeout: LAUNCH_MS,
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
  } catch (cause) {
    throw new RcmError(
      'browser_unavailable',
      `Chromium could not be started from ${executablePath}${user === undefined ? '' : ` as ${user}, who must be able to read it`}.`,
      { cause },
    );
  }
}
