import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { playwright } from './playwright.ts';

/** Names under which systems install a Chromium, the leanest first. */
const SYSTEM_NAMES = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const SYSTEM_FOLDERS = ['/usr/bin', '/usr/local/bin', '/snap/bin'];
const MAC_APPLICATIONS = ['/Applications/Chromium.app/Contents/MacOS/Chromium', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

export interface FindChromiumOptions {
  /** Path from configuration; if it is given nothing else is tried. */
  readonly configured?: string | undefined;
  /** Folders searched for a system browser. Default: the usual ones. With it, Playwright's own browser is not looked for. */
  readonly folders?: readonly string[];
}

/** Path of a Chromium that can be started: the configured one, Playwright's own, the system's; `null` if there is none. */
export async function findChromium(options: FindChromiumOptions = {}): Promise<string | null> {
  if (options.configured) return (await runnable(options.configured)) ? options.configured : null;
  const folders = options.folders ?? SYSTEM_FOLDERS;
  const named = SYSTEM_NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  for (const path of options.folders ? named : [(await playwright()).chromium.executablePath(), ...named, ...MAC_APPLICATIONS]) {
    if (path && (await runnable(path))) return path;
  }
  return null;
}

async function runnable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
