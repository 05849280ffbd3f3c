// The one door to Playwright. It reads its switches from the environment when it is loaded and when it starts a browser, so they are
// gone before; whatever imports it from here, an app, a tool or a test, cannot have it otherwise.
import './quiet-environment.ts';

export { chromium, selectors } from 'playwright-core';
