import { homedir, tmpdir } from 'node:os';
import { RcmError } from '@rcm/telemetry';
import { type Browser, chromium } from 'playwright-core';
import { registerHoldingEngine } from '../evidence/holding-engine.ts';
import { registerDeclaredEngine } from '../interpreter/declared-engine.ts';
import { registerPressEngine } from '../interpreter/pressable.ts';

/**
 * Quiet and lean: no talk to anyone but the portal. QUIC and WebRTC would pass by the proxy that fences a session in, and a
 * page's `dns-prefetch` would carry words to whoever answers for a name, so the browser itself resolves none: the proxy does.
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

/** Playwright writes every value that it types to stderr where this variable names it. */
const TELLS_VALUES = /(^|[\s,])(\*|pw:)/;

export interface LaunchOptions {
  readonly executablePath: string;
  readonly headed: boolean;
  /** Added to the browser's environment: what a window needs (`DISPLAY`, …), a time zone. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Starts Chromium. The app decides when it stops: no signal handlers of Playwright's. Fails with `browser_unavailable`. */
export async function launchChromium(options: LaunchOptions): Promise<Browser> {
  if (TELLS_VALUES.test(process.env['DEBUG'] ?? ''))
    throw new RcmError('browser_unavailable', 'DEBUG makes Playwright write passwords to stderr: start without it, or without pw: and *.');
  try {
    await Promise.all([registerDeclaredEngine(), registerHoldingEngine(), registerPressEngine()]);
    return await chromium.launch({
      executablePath: options.executablePath,
      headless: !options.headed,
      args: ARGUMENTS,
      // Chromium refuses to run as root with its sandbox (Playwright then adds --no-sandbox); everyone else keeps it.
      chromiumSandbox: process.getuid?.() !== 0,
      env: { ...defaultEnvironment(), ...options.environment },
      timeout: LAUNCH_MS,
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
  } catch (cause) {
    throw new RcmError('browser_unavailable', `Chromium could not be started from ${options.executablePath}.`, { cause });
  }
}
