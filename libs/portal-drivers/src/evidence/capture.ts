import { setImmediate as turn } from 'node:timers/promises';
import type { Frame, Locator, Page } from 'playwright';
import type { SecretMask } from '../secret-mask.ts';
import { hasClosedTree } from './closed-tree.ts';
import type { Evidence } from './evidence.ts';
import { holdingSecret } from './holding-engine.ts';
import { wordsOf } from './page-words.ts';

type PageEvidence = Pick<Evidence, 'address' | 'title' | 'text' | 'outline' | 'screenshot' | 'noPicture'>;

/** For each part of the evidence, ms: a page that hangs must not hold up the end of an act. */
const PART_MS = 2_000;
/** More for what has a time-out of its own and does not keep it. */
const GRACE_MS = 500;
const MAX_TEXT = 20_000;
/** Read before masking: more than is kept, so that the cut does not leave half of a secret. Where it is nothing but secrets, masking so much takes some 25 ms. */
const MAX_READ = 40_000;
const BOX_COLOR = '#000000';

/** What may show a secret without its words being in the page: fields, and everything that is drawn (a seed as a QR code). */
const ALWAYS_BOXED =
  'input:not([type=submit], [type=button], [type=checkbox], [type=radio]), textarea, select, [contenteditable], img, picture, canvas, svg, video, object, embed';

/** Takes what a page shows, masked. Never throws: a part that cannot be had, or not be masked, is left out. */
export async function capturePage(page: Page, mask: SecretMask, options: { readonly screenshot: boolean }): Promise<PageEvidence> {
  const frames = page.isClosed() ? [] : page.frames();
  const [words, outline, title] = await Promise.all([
    Promise.all(frames.map((frame) => timely(frame.locator('body').evaluate(wordsOf, undefined, { timeout: PART_MS }), ''))),
    timely(page.locator('body').ariaSnapshot({ timeout: PART_MS }), null),
    timely(page.title(), ''),
  ]);
  const text = words
    .filter((part) => part !== '')
    .join('\n---\n')
    .slice(0, MAX_READ);
  const read = outline?.slice(0, MAX_READ) ?? null;
  const [address = '', heading = '', shown = '', elements = ''] = await maskedInTurns(mask, [page.url(), title, text, read ?? '']);
  return {
    address,
    title: heading,
    text: shown,
    outline: read === null || (await hides(mask, text, read)) ? null : elements,
    ...(options.screenshot ? await pictureOf(page, frames, mask) : { screenshot: null, noPicture: 'unwanted' as const }),
  };
}

/** Each part is some milliseconds of work; between two of them the process does other work. */
async function maskedInTurns(mask: SecretMask, parts: readonly string[]): Promise<string[]> {
  const masked: string[] = [];
  for (const part of parts) {
    masked.push(mask.mask(part.slice(0, MAX_READ)).slice(0, MAX_TEXT));
    await turn();
  }
  return masked;
}

async function pictureOf(page: Page, frames: readonly Frame[], mask: SecretMask): Promise<Pick<Evidence, 'screenshot' | 'noPicture'>> {
  if (page.isClosed()) return { screenshot: null, noPicture: 'gone' };
  // A page that does not say is taken for one that has such a tree.
  const isClosed = await timely(hasClosedTree(page, frames), null);
  if (isClosed !== false) return { screenshot: null, noPicture: isClosed === null ? 'not_taken' : 'closed_tree' };
  const screenshot = await timely(boxedScreenshot(page, frames, mask), null);
  return { screenshot, noPicture: screenshot === null ? 'not_taken' : null };
}

/** Whether a secret that the words show could be in the outline in pieces, one to an element, which no mask finds. */
async function hides(mask: SecretMask, text: string, outline: string): Promise<boolean> {
  const shown = mask.count(text);
  if (shown === 0) return false;
  await turn();
  return shown > mask.count(outline);
}

function boxedScreenshot(page: Page, frames: readonly Frame[], mask: SecretMask): Promise<Uint8Array> {
  return page.screenshot({
    timeout: PART_MS,
    animations: 'disabled',
    caret: 'hide',
    maskColor: BOX_COLOR,
    mask: frames.flatMap((frame) => boxed(frame, mask)),
  });
}

function boxed(frame: Frame, mask: SecretMask): Locator[] {
  const holding = mask.forms.length === 0 ? [] : [frame.locator(holdingSecret(mask.forms))];
  return [frame.locator(ALWAYS_BOXED), ...holding];
}

/** What `pending` gives, or `otherwise` if it fails or takes too long. */
async function timely<T>(pending: Promise<T>, otherwise: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => (timer = setTimeout(resolve, PART_MS + GRACE_MS, otherwise)));
  try {
    return await Promise.race([pending.catch(() => otherwise), late]);
  } finally {
    clearTimeout(timer);
  }
}
