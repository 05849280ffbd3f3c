import type { ElementHandle, Frame, Locator } from 'playwright';
import type { Condition } from '../recipe/condition.ts';
import { wordsIn } from './frame-words.ts';
import { frameOf, locate, locateIn, toLookAt } from './locate.ts';
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
  if (condition.text !== undefined) return anyFrameShows(watch.page.frames(), condition);
  if (condition.visible) return isShown(await toLookAt(watch.page, condition.visible));
  if (condition.gone) return !(await isShown(await toLookAt(watch.page, condition.gone)));
  if (condition.enabled) return isEnabled(await toLookAt(watch.page, condition.enabled));
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
  const { page } = watch;
  const places = await Promise.all(
    conditions.map(async ({ text, visible }) => {
      if (text !== undefined) return 'any frame';
      return visible ? frameOf(page, visible) : null;
    }),
  );
  const shown = page.frames().map((frame) =>
    shownIn(
      frame,
      conditions.filter((_, index) => places[index] === 'any frame' || places[index] === frame),
    ),
  );
  const inFrames = Promise.all(shown).then((each) => new Set(each.flat()));
  return Promise.all(conditions.map(async (condition, index) => (places[index] === null ? holds(watch, condition) : (await inFrames).has(condition))));
}

/** Those of the conditions that a frame shows. All are words, or elements of this frame. */
async function shownIn(frame: Frame, conditions: readonly Condition[]): Promise<readonly Condition[]> {
  const shown = (await likelyIn(frame, conditions)).map(async (condition) =>
    (await isShown(shownBy(frame, condition)).catch(() => false)) ? [condition] : [],
  );
  return (await Promise.all(shown)).flat();
}

/** Without those that a frame does not show, as far as one or two questions tell. */
async function likelyIn(frame: Frame, conditions: readonly Condition[]): Promise<readonly Condition[]> {
  const elements = conditions.filter(({ text }) => text === undefined);
  if (elements.length > 0 && !(await showsAny(frame, conditions))) return [];
  const words = await wordsIn(
    frame,
    conditions.flatMap(({ text }) => text ?? []),
  );
  return conditions.filter(({ text }) => text === undefined || !words || words.includes(text));
}

function showsAny(frame: Frame, conditions: readonly Condition[]): Promise<boolean> {
  const all = conditions.map((condition) => shownBy(frame, condition));
  // A selector that the browser does not understand must not hide what stands beside it.
  return isShown(all.reduce((some, one) => some.or(one))).catch(() => true);
}

const shownBy = (frame: Frame, { text, visible }: Condition): Locator =>
  visible ? locateIn(frame, visible) : frame.getByText(text ?? '').filter({ visible: true });

/** Whether any of the visible elements that `locate` gives is there. */
export const isShown = async (visible: Locator): Promise<boolean> => (await visible.count()) > 0;

const isEnabled = async (locator: Locator): Promise<boolean> => (await isShown(locator)) && (await locator.first().isEnabled({ timeout: 1_000 }));

async function anyFrameShows(frames: readonly Frame[], words: Condition): Promise<boolean> {
  const shown = await Promise.all(frames.map((frame) => shownIn(frame, [words])));
  return shown.flat().length > 0;
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
