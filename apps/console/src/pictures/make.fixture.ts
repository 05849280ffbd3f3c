import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { launchChromium } from '../chromium.fixture.ts';
import type { TestConsole } from '../testing.fixture.ts';
import { makeSameAgain } from './same-again.fixture.ts';
import { type Look, nameOf, type Picture, PICTURES } from './shown.fixture.ts';
import { openDemo } from './test-environment.fixture.ts';

/** It only ends what hangs: a machine may be ten times as slow. */
const LONGEST_MS = 600_000;

export interface Made {
  readonly name: string;
  /** What is to be read on it. */
  readonly text: string;
}

/** Makes pictures in this folder, over those of the same name. `server`: as `openDemo`'s; `pictures`: by default every one. */
export async function makePictures(
  folder: string,
  { server, pictures = PICTURES }: { readonly server?: string; readonly pictures?: readonly Picture[] } = {},
): Promise<readonly Made[]> {
  await using opened = new AsyncDisposableStack();
  const demo = opened.adopt(await openDemo(server), (each) => each.close());
  const chromium = opened.adopt(await launchChromium(), (each) => each.close());
  mkdirSync(folder, { recursive: true });
  const made: Made[] = [];
  for (const picture of pictures) for (const look of picture.looks) made.push(await make(picture, look, { demo, chromium, folder }));
  return made;
}

interface Studio {
  readonly demo: TestConsole;
  readonly chromium: Browser;
  readonly folder: string;
}

async function make({ page: title, path, as = 'olga' }: Picture, look: Look, { demo, chromium, folder }: Studio): Promise<Made> {
  const [colorScheme, width] = look.split('-') as ['light' | 'dark', string];
  // No script: a page that follows what changes would take back what makes its picture the same again.
  const context = await chromium.newContext({ colorScheme, viewport: { width: Number(width), height: 800 }, javaScriptEnabled: false });
  context.setDefaultTimeout(LONGEST_MS);
  const page = await context.newPage();
  await signIn(page, { demo, as, path });
  await makeSameAgain(page);
  const name = nameOf(title, look);
  await page.screenshot({ path: join(folder, name), fullPage: true });
  const text = await page.locator('body').innerText();
  await context.close();
  return { name, text };
}

async function signIn(page: Page, { demo, as, path }: { readonly demo: TestConsole; readonly as: string; readonly path: string }): Promise<void> {
  await page.goto(`${demo.origin}/sign-in/begin?${new URLSearchParams({ to: path }).toString()}`);
  await page.locator(`button[value="${as}"]`).click();
  await page.waitForURL(`${demo.origin}${path}`);
}
