import type { Browser } from 'playwright';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findChromium } from '../chromium.ts';
import { browserMemory, browserPid } from './browser-process.ts';
import { launchChromium } from './launch.ts';

let browser: Browser;
let pid: number;
beforeEach(async () => {
  browser = await launchChromium({ executablePath: process.env.RCM_CHROMIUM_PATH ?? (await findChromium()) ?? '', headed: false, environment: {} });
  const told = await browserPid(browser);
  if (told === null) throw new Error('the browser does not tell of its processes');
  pid = told;
});
afterEach(() => void process.kill(pid, 'SIGKILL'));

it.runIf(process.platform === 'linux')('is told of a browser while it answers, and nobody waits for one that hangs', async () => {
  expect(await browserMemory(browser)).toBeGreaterThan(1_000_000);
  process.kill(pid, 'SIGSTOP');
  expect(await Promise.all([browserPid(browser), browserMemory(browser)])).toEqual([null, null]);
});
