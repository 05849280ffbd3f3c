import { RcmError } from '@rcm/telemetry';
import { type Browser, chromium } from 'playwright-core';

/** Quiet and lean: no talk to anyone but the portal. QUIC and WebRTC would pass by the proxy that fences a session in. */
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
];

/** What of this process's environment a browser may see: it needs no configuration of ours, and none of our secrets. */
const PASSED_ON = [
  'PATH',
  'HOME',
  'TMPDIR',
  'LANG',
  'LC_ALL',
  'TZ',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'XAUTHORITY',
  'XDG_RUNTIME_DIR',
  'FONTCONFIG_PATH',
  'LD_LIBRARY_PATH',
];

const LAUNCH_MS = 30_000;

/** Starts Chromium. The app decides when it stops: no signal handlers of Playwright's. Fails with `browser_unavailable`. */
export async function launchChromium(options: { readonly executablePath: string; readonly headed: boolean }): Promise<Browser> {
  const environment = Object.fromEntries(PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
  try {
    return await chromium.launch({
      executablePath: options.executablePath,
      headless: !options.headed,
      args: ARGUMENTS,
      // Chromium refuses to run as root with its sandbox (Playwright then adds --no-sandbox); everyone else keeps it.
      chromiumSandbox: process.getuid?.() !== 0,
      env: environment,
      timeout: LAUNCH_MS,
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
  } catch (cause) {
    throw new RcmError('browser_unavailable', `Chromium could not be started from ${options.executablePath}.`, { cause });
  }
}
