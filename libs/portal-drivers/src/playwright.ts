// The one door to Playwright. It reads its switches from the environment when it is loaded and when it starts a browser, so they are
// gone before; whatever loads it from here, an app, a tool or a test, cannot have it otherwise.
import './quiet-environment.ts';
import type * as Playwright from 'playwright';

/** Playwright, loaded when a browser is first needed: it takes half a second of a processor, and most commands need none. */
export const playwright = (): Promise<typeof Playwright> => import('playwright');
