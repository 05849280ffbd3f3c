import { readFile } from 'node:fs/promises';
import { withDeadline } from '@rcm/telemetry';
import type { Browser } from 'playwright';

/** Milliseconds that a browser has for telling of its processes: who asks holds a context, or keeps others from opening theirs. */
const ANSWER_MS = 5_000;

/**
 * Bytes of memory that a browser's processes hold themselves (Linux: their anonymous resident pages; what they share, such
 * as the program, is not counted). `null` where it cannot be told: another system, a browser that is just ending or hangs.
 */
export async function browserMemory(browser: Browser): Promise<number | null> {
  const sizes = await Promise.all((await processesOf(browser)).map(({ id }) => residentBytes(id)));
  const known = sizes.filter((size) => size !== null);
  return known.length === 0 ? null : known.reduce((sum, size) => sum + size, 0);
}

/** Process id of a browser's main process; `null` where it does not tell. */
export const browserPid = async (browser: Browser): Promise<number | null> => (await processesOf(browser)).find(({ type }) => type === 'browser')?.id ?? null;

/** None where the browser does not tell. */
function processesOf(browser: Browser): Promise<readonly { readonly id: number; readonly type: string }[]> {
  const ask = async () => {
    const connection = await browser.newBrowserCDPSession();
    const { processInfo } = await connection.send('SystemInfo.getProcessInfo');
    await connection.detach();
    return processInfo;
  };
  return withDeadline({ ms: ANSWER_MS, what: 'Asking the browser for its processes' }, ask).catch(() => []);
}

async function residentBytes(pid: number): Promise<number | null> {
  try {
    const kilobytes = /^RssAnon:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}
