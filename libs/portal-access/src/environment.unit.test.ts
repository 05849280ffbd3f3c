import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { browserWarnings, checkBrowser, loginTiming, type PortalConfig } from './environment.ts';

type Browser = Partial<Pick<PortalConfig, 'RCM_BROWSER_SANDBOX' | 'RCM_BROWSER_USER'>>;

function problemsOf(browser: Browser, who: 'root' | 'somebody'): string[] {
  const found: string[] = [];
  const context = { addIssue: (issue: { path: string[] }) => void found.push(issue.path.join('.')) } as unknown as z.core.$RefinementCtx;
  checkBrowser({ RCM_BROWSER_SANDBOX: 'on', RCM_BROWSER_USER: undefined, ...browser }, context, who === 'root');
  return found;
}

describe('who runs the browser, and how fenced in', () => {
  it('is a choice as root: another user, or no sandbox', () => {
    expect(problemsOf({}, 'root')).toEqual(['RCM_BROWSER_SANDBOX']);
    expect(problemsOf({ RCM_BROWSER_SANDBOX: 'off' }, 'root')).toEqual([]);
    expect(problemsOf({ RCM_BROWSER_USER: 'nobody' }, 'root')).toEqual([]);
  });

  it('cannot be root, nobody who is not there, nor another user where this process may not switch', () => {
    expect(problemsOf({ RCM_BROWSER_USER: 'root' }, 'root')).toEqual(['RCM_BROWSER_USER']);
    expect(problemsOf({ RCM_BROWSER_USER: 'nobody-of-this-name' }, 'root')).toEqual(['RCM_BROWSER_USER']);
    expect(problemsOf({ RCM_BROWSER_USER: 'nobody' }, 'somebody')).toEqual(['RCM_BROWSER_USER']);
    expect(problemsOf({}, 'somebody')).toEqual([]);
  });

  it('has words for each start where the sandbox is off', () => {
    const said = (browser: Browser) => browserWarnings({ RCM_BROWSER_SANDBOX: 'on', ...browser } as PortalConfig);
    expect(said({})).toEqual([]);
    expect(said({ RCM_BROWSER_SANDBOX: 'off' })).toEqual([
      expect.stringContaining('breaks out of Chromium'),
      expect.stringContaining('as the user of this process'),
    ]);
  });
});

it.each([
  [1, 1],
  [4, 2],
  [9, 4],
])('of %i contexts at work, logins that wait for people hold %i at most', (contexts, most) => {
  const { personPlaces } = loginTiming({ RCM_MAX_BROWSER_CONTEXTS: contexts } as PortalConfig);
  const taken = Array.from({ length: contexts + 1 }, () => personPlaces?.take());
  expect(taken.filter((leave) => leave !== null)).toHaveLength(most);
});

it('a process keeps codes that are still good in one place for all of its logins, and another process in another', () => {
  const [one, other] = [4, 4].map((contexts) => loginTiming({ RCM_MAX_BROWSER_CONTEXTS: contexts } as PortalConfig));
  expect(one?.keptCodes).toBeDefined();
  expect(one?.keptCodes).not.toBe(other?.keptCodes);
});
