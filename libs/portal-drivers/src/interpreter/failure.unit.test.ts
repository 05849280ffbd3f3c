import { inspect } from 'node:util';
import { RcmError } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { translateBrowserError } from './failure.ts';

describe('translateBrowserError', () => {
  it.each([
    ['page.goto: net::ERR_CONNECTION_REFUSED at http://x/', 'portal_unavailable'],
    ['locator.fill: Timeout 500ms exceeded.\nCall log:\n  - fill("canary")', 'deadline_exceeded'],
    ['locator.click: Error: strict mode violation: canary', 'portal_unexpected'],
    ['page.goto: Target page, context or browser has been closed', 'portal_unexpected'],
    ['something else about canary', 'portal_unexpected'],
  ])('%j becomes %s, and nothing of it is kept', (message, code) => {
    const translated = translateBrowserError(new Error(message), 'the step');
    expect(translated.code).toBe(code);
    expect(inspect(translated, { depth: 5, showHidden: true })).not.toContain('canary');
  });

  it('leaves an error of ours as it is', () => {
    const ours = new RcmError('lease_lost', 'gone');
    expect(translateBrowserError(ours, 'the step')).toBe(ours);
  });
});
