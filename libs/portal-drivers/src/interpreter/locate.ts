import type { Frame, FrameLocator, Locator, Page } from 'playwright';
import { type FrameReference, type Target, TARGET_KINDS } from '../recipe/target.ts';
import { DECLARED_ENGINE } from './declared-engine.ts';

type Role = Parameters<Page['getByRole']>[0];
type Scope = Page | Frame | FrameLocator | Locator;

/** The visible elements that a recipe's target means. Found anew at each use, so a page that was drawn again does not matter. */
export function locate(page: Page, target: Target): Locator {
  const scope = framesOf(target).reduce<Page | FrameLocator>((outer, frame) => outer.frameLocator(frameSelector(frame)), page);
  return locateIn(scope, target);
}

/**
 * The same, to look at alone: a frame is taken by the name that it was made with, where that tells, which is known without asking the page (to find it by its element is
 * six questions). What is typed goes to the frame that the page's document has now.
 */
export async function toLookAt(page: Page, target: Target): Promise<Locator> {
  const frame = await frameOf(page, target);
  return frame ? locateIn(frame, target) : locate(page, target);
}

/** The frame that a target is in, by the names that frames were made with; `null` where these do not tell. */
export async function frameOf(page: Page, target: Target): Promise<Frame | null> {
  let frame = page.mainFrame();
  for (const reference of framesOf(target)) {
    const [named, second] = frame.childFrames().filter((child) => child.name() === reference);
    if (!named || second || !(await isNamed(named, frame))) return null;
    frame = named;
  }
  return frame;
}

/** Frames of which the page has been asked already. They are others once a document is another one. */
const NAMED = new WeakMap<Frame, boolean>();

/** Whether one element of the document around a frame has the frame's name as its own: to Chromium a frame without a name is called by its `id`. */
async function isNamed(frame: Frame, around: Frame): Promise<boolean> {
  const known = NAMED.get(frame);
  if (known !== undefined) return known;
  const selector = frameSelector(frame.name());
  const named = await around.evaluate(countOf, selector).catch(() => null);
  if (named !== null) NAMED.set(frame, named === 1);
  return named === 1;
}

/** Runs inside the page. */
function countOf(selector: string): number {
  const { document } = globalThis as unknown as { readonly document: { querySelectorAll(selector: string): { readonly length: number } } };
  return document.querySelectorAll(selector).length;
}

/** The visible elements that a target means in what may be a frame; of frames that the target names itself nothing is known here. */
export const locateIn = (scope: Scope, target: Target): Locator => chosen(within(scope, target), target);

function framesOf({ frame }: Target): readonly FrameReference[] {
  if (frame === undefined) return [];
  return isList(frame) ? frame : [frame];
}

const isList = (frame: NonNullable<Target['frame']>): frame is readonly FrameReference[] => Array.isArray(frame);

function frameSelector(frame: FrameReference): string {
  if (typeof frame !== 'string' && frame.css !== undefined) return frame.css;
  const [attribute, value] = typeof frame === 'string' ? ['name', frame] : ['title', frame.title ?? ''];
  return `frame[${attribute}=${JSON.stringify(value)}], iframe[${attribute}=${JSON.stringify(value)}]`;
}

/** What is hidden is not there for a person either: a second form for small screens, say. */
function chosen(locator: Locator, target: Target): Locator {
  const visible = locator.filter({ visible: true });
  return target.nth === undefined ? visible : visible.nth(target.nth - 1);
}

function within(outer: Scope, target: Target): Locator {
  const scope = target.within ? locateIn(outer, target.within) : outer;
  const kind = TARGET_KINDS.find((each) => target[each] !== undefined) ?? 'css';
  return KINDS[kind](scope, target[kind] ?? '', target);
}

/** How the elements of each kind of target are found. */
const KINDS: Readonly<Record<(typeof TARGET_KINDS)[number], (scope: Scope, words: string, target: Target) => Locator>> = {
  label: (scope, label, { exact = true }) => scope.getByLabel(label, { exact }),
  role: (scope, role, { name, exact }) => scope.getByRole(role as Role, name === undefined ? {} : { name: exact === false ? name : wholeName(name) }),
  field: (scope, field) => scope.locator(`:is(input, select, textarea, button)[name=${JSON.stringify(field)}]`),
  placeholder: (scope, words, { exact = true }) => scope.getByPlaceholder(words, { exact }),
  css: (scope, selector) => scope.locator(`css=${selector}`),
  text: (scope, words, { exact = false }) => scope.getByText(words, { exact }),
  declared: (scope, declared) => scope.locator(`${DECLARED_ENGINE}=${declared}`),
};

/** Icon fonts draw pictures as letters of Unicode's private use areas; browsers count these to an element's name, and nobody sees them as letters. */
const PICTURES = String.raw`(?:[\s\uE000-\uF8FF]|[\uDB80-\uDBFF][\uDC00-\uDFFF])*`;

/** Fits a name that is wholly this, beside pictures. */
function wholeName(name: string): RegExp {
  const words = name.split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'));
  return new RegExp(`^${PICTURES}${words.join(String.raw`\s+`)}${PICTURES}$`);
}

/** How a target is called in a trace: in the recipe's own words. */
export function describeTarget(target: Target): string {
  const words = target.label ?? target.name ?? target.role ?? target.field ?? target.placeholder ?? target.text ?? target.declared ?? target.css ?? '';
  return `"${words}"`;
}
