import { chromium, type Browser } from 'playwright';

const ARGUMENTS = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];

/** The Chromium that the run's set-up found, else Debian's. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath: process.env.RCM_CHROMIUM_PATH ?? '/usr/bin/chromium-headless-shell', args: ARGUMENTS });
