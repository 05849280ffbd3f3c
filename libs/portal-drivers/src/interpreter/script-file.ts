import { RcmError } from '@rcm/telemetry';
import type { Download, Page } from 'playwright';
import type { TaskFile } from '../outcome.ts';

/** As much of a page's objects as is used here; this project's own types know no page. */
interface PageFile {
  readonly type: string;
  readonly size: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}
type MakeAddress = ((file: PageFile) => string) & { kept?: Map<string, PageFile> };

/**
 * Makes a page keep the files that its scripts make from now on, until its next document: scripts forget them as soon as the
 * browser has begun to save them, which ours never does, and a page's own policy may keep them from being fetched.
 */
export async function keepScriptFiles(page: Page): Promise<void> {
  await page
    .evaluate(() => {
      const addresses = URL as unknown as { createObjectURL: MakeAddress };
      const make = addresses.createObjectURL.bind<MakeAddress>(URL);
      const kept = new Map<string, PageFile>();
      const keeping: MakeAddress = (file) => {
        const address = make(file);
        kept.set(address, file);
        return address;
      };
      keeping.kept = kept;
      addresses.createObjectURL = keeping;
    })
    .catch(() => undefined);
}

/** Takes a file that a script of the page made (`blob:`, `data:`). Fails with `portal_unexpected` where it is larger than `maxBytes`. */
export async function takeScriptFile(offered: Download, maxBytes: number): Promise<TaskFile> {
  const url = offered.url();
  const made = url.startsWith('data:') ? decodeData(url) : await offered.page().evaluate(readKept, { url, maxBytes });
  const bytes = made === null ? null : Buffer.from(made.base64, 'base64');
  if (made === null || bytes === null || bytes.length > maxBytes) throw new RcmError('portal_unexpected', `The file is larger than ${maxBytes} bytes.`);
  return { name: offered.suggestedFilename(), contentType: made.type, bytes };
}

interface Encoded {
  readonly type: string;
  readonly base64: string;
}

/** The content of a `data:` address (RFC 2397). */
function decodeData(url: string): Encoded {
  const comma = url.includes(',') ? url.indexOf(',') : url.length;
  const [type = '', ...parameters] = url.slice('data:'.length, comma).split(';');
  const text = decodeURIComponent(url.slice(comma + 1));
  return { type: type === '' ? 'text/plain' : type, base64: parameters.at(-1) === 'base64' ? text : Buffer.from(text).toString('base64') };
}

/** Reads a kept file in its page; one made earlier by its address, as far as the page's own policy allows. `null` where it is too large. */
async function readKept({ url, maxBytes }: { url: string; maxBytes: number }): Promise<Encoded | null> {
  const { kept } = URL.createObjectURL as unknown as MakeAddress;
  const file: PageFile = kept?.get(url) ?? (await (await fetch(url)).blob());
  if (file.size > maxBytes) return null;
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 32_768) text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  return { type: file.type, base64: btoa(text) };
}
