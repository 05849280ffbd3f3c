import type { ElementHandle, Frame, Locator } from 'playwright';
import { type Condition, CONDITION_KINDS } from '../recipe/condition.ts';
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

/** What each kind of condition is about, and whether it holds. */
const KINDS: { readonly [Kind in keyof Condition]-?: (watch: Tabs, sought: NonNullable<Condition[Kind]>) => boolean | Promise<boolean> } = {
  text: (watch, text) => anyFrameShows(watch.page.frames(), { text }),
  visible: async (watch, target) => isShown(await toLookAt(watch.page, target)),
  gone: async (watch, target) => !(await isShown(await toLookAt(watch.page, target))),
  enabled: async (watch, target) => isEnabled(await toLookAt(watch.page, target)),
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
