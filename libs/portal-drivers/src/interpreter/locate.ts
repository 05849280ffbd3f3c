import type { FrameLocator, Locator, Page } from 'playwright-core';
import type { Target } from '../recipe/target.ts';

type Role = Parameters<Page['getByRole']>[0];
type Scope = Page | FrameLocator | Locator;

/** The locator of a recipe's target. Found anew at each use, so a page that was drawn again does not matter. */
export function locate(page: Page, target: Target): Locator {
  const frames = target.frame === undefined ? [] : typeof target.frame === 'string' ? [target.frame] : target.frame;
  const scope = frames.reduce<Page | FrameLocator>(
    (outer, name) => outer.frameLocator(`frame[name=${JSON.stringify(name)}], iframe[name=${JSON.stringify(name)}]`),
    page,
  );
  return locateIn(scope, target);
}

function locateIn(outer: Scope, target: Target): Locator {
  const scope = target.within ? locateIn(outer, target.within) : outer;
  if (target.label !== undefined) return scope.getByLabel(target.label, { exact: target.exact ?? true });
  if (target.role !== undefined)
    return scope.getByRole(target.role as Role, target.name === undefined ? {} : { name: target.name, exact: target.exact ?? true });
  if (target.field !== undefined) return scope.locator(`[name=${JSON.stringify(target.field)}]`);
  if (target.text !== undefined) return scope.getByText(target.text, { exact: target.exact ?? false });
  return scope.locator(`css=${target.css ?? ''}`);
}

/** How a target is called in a trace: in the recipe's own words. */
export function describeTarget(target: Target): string {
  const words = target.label ?? target.name ?? target.role ?? target.field ?? target.text ?? target.css ?? '';
  return `"${words}"`;
}
