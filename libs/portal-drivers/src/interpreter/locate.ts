import type { FrameLocator, Locator, Page } from 'playwright';
import { type FrameReference, type Target, TARGET_KINDS } from '../recipe/target.ts';
import { DECLARED_ENGINE } from './declared-engine.ts';

type Role = Parameters<Page['getByRole']>[0];
type Scope = Page | FrameLocator | Locator;

/** The visible elements that a recipe's target means. Found anew at each use, so a page that was drawn again does not matter. */
export function locate(page: Page, target: Target): Locator {
  const frames = target.frame === undefined ? [] : isList(target.frame) ? target.frame : [target.frame];
  const scope = frames.reduce<Page | FrameLocator>((outer, frame) => outer.frameLocator(frameSelector(frame)), page);
  return chosen(locateIn(scope, target), target);
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

function locateIn(outer: Scope, target: Target): Locator {
  const scope = target.within ? chosen(locateIn(outer, target.within), target.within) : outer;
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
