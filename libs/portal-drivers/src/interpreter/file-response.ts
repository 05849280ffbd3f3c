import { RcmError } from '@rcm/telemetry';
import type { CDPSession, Page } from 'playwright';
import type { TaskFile } from '../outcome.ts';

export interface FileTap {
  /** The file, once it was received whole; `null` before. Fails with `portal_unexpected` where it is too large. */
  file(): Promise<TaskFile | null>;
  stop(): Promise<void>;
}

interface Paused {
  readonly requestId: string;
  readonly resourceType: string;
  readonly responseStatusCode?: number;
  readonly responseHeaders?: readonly { readonly name: string; readonly value: string }[];
}

const CHUNK_BYTES = 256 * 1024;
/** What a browser shows instead of saving it. */
const SHOWN = /^(text\/html|application\/xhtml\+xml)\b/i;

/** Looks at every answer to a page before the browser does, and takes the first that is a file: an attachment, or a document that is no page. */
export async function interceptFile(page: Page, maxBytes: number): Promise<FileTap> {
  const browser = await page.context().newCDPSession(page);
  let taking: Promise<TaskFile> | null = null;
  let taken: TaskFile | null = null;
  let failure: Error | null = null;

  browser.on('Fetch.requestPaused', (paused) => {
    if (taking === null && isFile(paused)) {
      taking = take(browser, paused, maxBytes);
      taking.then(
        (file) => (taken = file),
        (error: unknown) => (failure = error instanceof Error ? error : new RcmError('portal_unexpected', 'The file could not be taken.')),
      );
    } else {
      // A page that is gone wants no answer.
      browser.send('Fetch.continueRequest', { requestId: paused.requestId }).catch(() => undefined);
    }
  });
  await browser.send('Fetch.enable', { patterns: [{ requestStage: 'Response' }] });
  return {
    async file() {
      if (failure !== null) throw failure;
      return taken;
    },
    async stop() {
      await browser.detach().catch(() => undefined);
    },
  };
}

function isFile(paused: Paused): boolean {
  if (paused.responseStatusCode !== 200) return false;
  if (/^\s*attachment/i.test(header(paused, 'content-disposition'))) return true;
  const type = header(paused, 'content-type');
  return paused.resourceType === 'Document' && type !== '' && !SHOWN.test(type);
}

async function take(browser: CDPSession, paused: Paused, maxBytes: number): Promise<TaskFile> {
  const tooLarge = () => new RcmError('portal_unexpected', `The file is larger than ${maxBytes} bytes.`);
  const { requestId } = paused;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    if (Number(header(paused, 'content-length')) > maxBytes) throw tooLarge();
    const { stream } = await browser.send('Fetch.takeResponseBodyAsStream', { requestId });
    for (;;) {
      const { data, base64Encoded, eof } = await browser.send('IO.read', { handle: stream, size: CHUNK_BYTES });
      const chunk = Buffer.from(data, base64Encoded ? 'base64' : 'utf8');
      size += chunk.length;
      if (size > maxBytes) throw tooLarge();
      chunks.push(chunk);
      if (eof) break;
    }
    return { name: fileName(header(paused, 'content-disposition')), contentType: header(paused, 'content-type'), bytes: Buffer.concat(chunks) };
  } finally {
    await browser.send('Fetch.failRequest', { requestId, errorReason: 'Aborted' }).catch(() => undefined);
  }
}

/** Of a header, what is looked at: longer ones tell nothing that is used here. */
const MAX_HEADER = 2_000;

const header = (paused: Paused, name: string): string =>
  (paused.responseHeaders?.find((one) => one.name.toLowerCase() === name)?.value ?? '').slice(0, MAX_HEADER);

/** The name in a `content-disposition` header (RFC 6266): the extended form first. */
function fileName(disposition: string): string {
  const extended = /filename\*\s*=\s*[\w-]+'[^']*'([^;]+)/i.exec(disposition)?.[1];
  if (extended !== undefined) {
    try {
      return decodeURIComponent(extended.trim());
    } catch {
      return extended.trim();
    }
  }
  return /filename\s*=\s*"((?:[^"\\]|\\.)*)"/i.exec(disposition)?.[1] ?? /filename\s*=\s*([^;\s]+)/i.exec(disposition)?.[1] ?? '';
}
