import type { ElementHandle, Frame, Locator, Page } from 'playwright';
import { type Condition, CONDITION_KINDS } from '../recipe/condition.ts';
import type { Target } from '../recipe/target.ts';
import { locate } from './locate.ts';
import { sameWords } from './page-dialogs.ts';
import type { PageResponse } from './page-watch.ts';
import type { Tabs } from './tabs.ts';

/** Whether a condition holds at this moment; a page that is just changing holds nothing. Does not wait. */
export async function holds(watch: Tabs, condition: Condition): Promise<boolean> {
  try {
    return await evaluate(watch, condition);
  } catch {
    return false;
  }
}

/** What each kind of condition is about, and whether it holds. */
const KINDS: { readonly [Kind in keyof Condition]-?: (watch: Tabs, sought: NonNullable<Condition[Kind]>) => boolean | Promise<boolean> } = {
  text: (watch, words) => anyFrameShows(watch.page.frames(), words),
  visible: (watch, target) => isShown(locate(watch.page, target)),
  gone: isGone,
  enabled: (watch, target) => isEnabled(locate(watch.page, target)),
  url: (watch, pattern) => watch.fits(watch.page.url(), pattern),
  dialog: (watch, sought) => watch.dialogs().some((words) => sameWords(words, sought)),
  status: (watch, status) => watch.status() === status,
  response: (watch, sought) => watch.responses().some((one) => answers(one, sought) && watch.fits(one.url, sought.url)),
  all: async (watch, parts) => {
    for (const part of parts) if (!(await evaluate(watch, part))) return false;
    return true;
  },
  any: async (watch, parts) => {
    for (const part of parts) if (await evaluate(watch, part)) return true;
    return false;
  },
};

async function evaluate(watch: Tabs, condition: Condition): Promise<boolean> {
  const kind = CONDITION_KINDS.find((each) => condition[each] !== undefined);
  return kind !== undefined && KINDS[kind](watch, condition[kind] as never);
}

/**
 * Only a page that has come whole lacks what it does not show: one whose first half is here has no sign-in form yet, and what the portal says of the password
 * stands below.
 */
async function isGone(watch: Tabs, target: Target): Promise<boolean> {
  const { page } = watch;
  const documents = watch.documents();
  if (!(await hasCome(page, target))) return false;
  return !(await isShown(locate(page, target))) && !(await asksOtherwise(page, target)) && watch.documents() === documents;
}

/** A page that calls the password of its login a new one asks for it all the same: to press on with an empty field is an attempt, and no ledger knows of it. */
const asksOtherwise = async (page: Page, { declared, ...around }: Target): Promise<boolean> =>
  declared === 'current-password' && isShown(locate(page, { ...around, css: 'input[type="password" i]' }));

/** Whether the page's document is here to its end within `ms`, and where the target is in a frame, every frame's. Asked of the browser, not of the page. */
export async function hasCome(page: Page, { frame, ms = 1 }: Pick<Target, 'frame'> & { readonly ms?: number }): Promise<boolean> {
  const frames = frame === undefined ? [page.mainFrame()] : page.frames();
  const come = frames.map((one) => one.waitForLoadState('domcontentloaded', { timeout: ms }).then(() => true));
  return (await Promise.all(come.map((one) => one.catch(() => false)))).every((one) => one);
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
