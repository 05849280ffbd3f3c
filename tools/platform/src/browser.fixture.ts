import { findChromium } from '@rcm/portal-drivers';
import { type Browser, chromium } from 'playwright';

/** A person's browser on this machine. */
export async function launch(): Promise<Browser> {
  const found = await findChromium({ configured: process.env.RCM_CHROMIUM_PATH });
  return chromium.launch({ ...(found ? { executablePath: found } : {}), args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] });
}
