import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';

/**
 * Bytes of memory that a browser's processes hold themselves (Linux: their anonymous resident pages; what they share, such
 * as the program, is not counted). `null` where it cannot be told: another system, a browser that is just ending.
 */
export async function browserMemory(browser: Browser): Promise<number | null> {
  try {
    const connection = await browser.newBrowserCDPSession();
    const { processInfo } = await connection.send('SystemInfo.getProcessInfo');
    await connection.detach();
    const sizes = await Promise.all(processInfo.map((one) => residentBytes(one.id)));
    const known = sizes.filter((size) => size !== null);
    return known.length === 0 ? null : known.reduce((sum, size) => sum + size, 0);
  } catch {
    return null;
  }
}

/** Process id of a browser's main process; `null` where it does not tell. */
export async function browserPid(browser: Browser): Promise<number | null> {
  try {
    const connection = await browser.newBrowserCDPSession();
    const { processInfo } = await connection.send('SystemInfo.getProcessInfo');
    await connection.detach();
    return processInfo.find((one) => one.type === 'browser')?.id ?? null;
  } catch {
    return null;
  }
}

async function residentBytes(pid: number): Promise<number | null> {
  try {
    const kilobytes = /^RssAnon:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}
