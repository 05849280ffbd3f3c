import type { ElementHandle, Frame, Locator } from 'playwright';
import type { Condition } from '../recipe/condition.ts';
import { locate } from './locate.ts';
import { type PageResponse, sameWords } from './page-watch.ts';
import type { Tabs } from './tabs.ts';

/** Whether a condition holds at this moment; a page that is just changing holds nothing. Does not wait. */
export async function holds(watch: Tabs, condition: Condition): Promise<boolean> {
  try {
    return await evaluate(watch, condition);
  } catch {
    return false;
  }
}

async function evaluate(watch: Tabs, condition: Condition): Promise<boolean> {
  if (condition.text !== undefined) return anyFrameShows(watch.page.frames(), condition.text);
  if (condition.visible) return isShown(locate(watch.page, condition.visible));
  if (condition.gone) return !(await isShown(locate(watch.page, condition.gone)));
  if (condition.enabled) return isEnabled(locate(watch.page, condition.enabled));
  if (condition.url !== undefined) return watch.fits(watch.page.url(), condition.url);
  if (condition.dialog !== undefined) return watch.dialogs().some((words) => sameWords(words, condition.dialog ?? ''));
  if (condition.status !== undefined) return watch.status() === condition.status;
  const { response } = condition;
  if (response) return watch.responses().some((one) => answers(one, response) && watch.fits(one.url, response.url));
  for (const part of condition.all ?? []) if (!(await evaluate(watch, part))) return false;
  if (condition.all) return true;
  for (const part of condition.any ?? []) if (await evaluate(watch, part)) return true;
  return false;
}

const answers = (one: PageResponse, { status, method }: NonNullable<Condition['response']>): boolean =>
  one.status === status && (method === undefined || one.method === method);

/**
 * Which of the conditions hold now. Most looks find nothing, so that is one question for each frame, however many words are looked for; only where a frame says yes
 * is it asked which of them.
 */
export async function whichHold(watch: Tabs, conditions: readonly Condition[]): Promise<readonly boolean[]> {
  const inFrames = conditions.filter((condition) => condition.text !== undefined || (condition.visible && !condition.visible.frame));
  const main = watch.page.mainFrame();
  const frames = watch.page.frames().map(async (frame) => ((await mayShow(watch, frame, inFrames)) ? [frame] : []));
  const held = conditions.map(async (condition) => {
    if (!inFrames.includes(condition)) return holds(watch, condition);
    const asked = (await Promise.all(frames)).flat();
    if (condition.text !== undefined) return anyFrameShows(asked, condition.text);
    return asked.includes(main) && holds(watch, condition);
  });
  return Promise.all(held);
}

/** `false` where a frame shows none of what is looked for. */
async function mayShow(watch: Tabs, frame: Frame, conditions: readonly Condition[]): Promise<boolean> {
  const isMain = frame === watch.page.mainFrame();
  const sought = conditions.flatMap(({ text, visible }) =>
    text !== undefined ? [showing(frame, text)] : visible && isMain ? [locate(watch.page, visible)] : [],
  );
  const [first, ...others] = sought;
  if (!first) return false;
  // A selector that the browser does not understand must not hide what stands beside it.
  return isShown(others.reduce((all, one) => all.or(one), first)).catch(() => true);
}

const showing = (frame: Frame, words: string): Locator => frame.getByText(words).filter({ visible: true });

/** Whether any of the visible elements that `locate` gives is there. */
export const isShown = async (visible: Locator): Promise<boolean> => (await visible.count()) > 0;

const isEnabled = async (locator: Locator): Promise<boolean> => (await isShown(locator)) && (await locator.first().isEnabled({ timeout: 1_000 }));

async function anyFrameShows(frames: readonly Frame[], words: string): Promise<boolean> {
  for (const frame of frames) {
    // One frame that is just loading says nothing about the others.
    if (!frame.isDetached() && (await isShown(showing(frame, words)).catch(() => false))) return true;
  }
  return false;
}

/** The element that makes a `text` or `visible` condition hold now; `null` where none does, or where a condition is of another kind. */
export async function shownElement(watch: Tabs, condition: Condition): Promise<ElementHandle | null> {
  const { text, visible } = condition;
  const locators = text !== undefined ? watch.page.frames().map((frame) => frame.getByText(text)) : visible ? [locate(watch.page, visible)] : [];
  for (const locator of locators) {
    const [handle] = await locator
      .filter({ visible: true })
      .elementHandles()
      .catch(() => []);
    if (handle) return handle;
  }
  return null;
}

/** Whether an element still stands in its page. */
export const stillStands = (element: ElementHandle): Promise<boolean> =>
  element.evaluate((node: { readonly isConnected: boolean }) => node.isConnected).catch(() => false);
