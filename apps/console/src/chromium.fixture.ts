import { type Browser, type BrowserContext, chromium } from 'playwright';

/** As root and in a container there is no sandbox to be had; what is shown is this console's own. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    ...(process.env.RCM_CHROMIUM_PATH ? { executablePath: process.env.RCM_CHROMIUM_PATH } : {}),
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  });

/** One whose cache, history and whatever else it keeps lie in this folder. */
export const keptChromium = (folder: string): Promise<BrowserContext> =>
  chromium.launchPersistentContext(folder, {
    ...(process.env.RCM_CHROMIUM_PATH ? { executablePath: process.env.RCM_CHROMIUM_PATH } : {}),
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  });
