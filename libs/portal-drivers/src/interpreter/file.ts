import type { Download, Page } from 'playwright';
import type { TaskFile } from '../outcome.ts';
import type { FileRecipe } from '../recipe/task.ts';
import type { Act } from './act.ts';
import { translateBrowserError } from './failure.ts';
import { locate } from './locate.ts';
import type { Worded } from './outcome-watch.ts';
import { interceptFile } from './file-response.ts';
import { keepScriptFiles, takeScriptFile } from './script-file.ts';

const MAX_NAME = 120;

/** What makes the portal send a file. */
type Asking = Pick<FileRecipe, 'press' | 'open' | 'max_bytes'>;

/**
 * Makes the portal send a file and takes it from the answer before the browser would write it to disk. Fails with
 * `portal_unexpected` where it is larger than the recipe allows, and with `deadline_exceeded` where none comes.
 */
export async function receiveFile<W extends Worded>(act: Act<W>, recipe: Asking): Promise<TaskFile> {
  const { page } = act.watch;
  const limits = { timeout: act.time.stepMs(act.stepDeadlineMs), signal: act.time.signal };
  const tap = await interceptFile(page, recipe.max_bytes);
  let offered: Download | null = null;
  const noteOffer = (download: Download) => void (offered ??= download);
  const watchTab = (tab: Page) => void tab.on('download', noteOffer);
  page.on('download', noteOffer);
  page.context().on('page', watchTab);
  try {
    await keepScriptFiles(page);
    await ask(act, recipe, limits);
    const found = await act.time.until('The file', limits.timeout, async () => {
      const taken = await tap.file();
      return taken ?? (offered ? { offered } : null);
    });
    if ('bytes' in found) return { ...found, name: plainName(found.name) };
    return await takeOffered(act, found.offered, tap, recipe.max_bytes);
  } finally {
    page.off('download', noteOffer);
    page.context().off('page', watchTab);
    await tap.stop();
  }
}

type Limits = { readonly timeout: number; readonly signal: AbortSignal };

async function ask<W extends Worded>(act: Act<W>, recipe: Asking, limits: Limits): Promise<void> {
  try {
    if (recipe.press) await locate(act.watch.page, recipe.press).click(limits);
    else await act.watch.page.goto(act.address(recipe.open ?? '/'), { ...limits, waitUntil: 'commit' });
  } catch (error) {
    const failure = translateBrowserError(error, 'what makes the portal send the file');
    // A document that turns out to be a file is given up by the browser; the file itself was taken.
    if (!failure.message.includes('ERR_ABORTED')) throw failure;
  }
}

/** A file that came past the tap: made by a script of the page, or in a tab of its own. */
async function takeOffered<W extends Worded>(act: Act<W>, offered: Download, tap: { file(): Promise<TaskFile | null> }, maxBytes: number): Promise<TaskFile> {
  const url = offered.url();
  const timeout = act.time.stepMs(act.stepDeadlineMs);
  if (/^https?:/.test(url)) {
    await act.watch.page.goto(url, { timeout, signal: act.time.signal, waitUntil: 'commit' }).catch(() => undefined);
    const taken = await act.time.until('The file', timeout, tap.file);
    if (offered.page() !== act.watch.page) await offered.page().close();
    return { ...taken, name: plainName(offered.suggestedFilename()) };
  }
  const made = await takeScriptFile(offered, maxBytes);
  return { ...made, name: plainName(made.name) };
}

/** A name that is safe to show and to save under: no path, no control characters. */
function plainName(name: string): string {
  const last = name.split(/[\\/]/).at(-1) ?? '';
  const kept = last
    .replace(/[\p{Cc}\p{Cf}<>:"|?*]/gu, '')
    .replace(/^\.+/, '')
    .trim();
  // By characters: half of a pair is no text that a database takes.
  return kept === '' ? 'file' : [...kept.toWellFormed()].slice(0, MAX_NAME).join('');
}
