import { createLogger } from '@rcm/telemetry';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserPool, createBrowserPool } from '../pool/browser-pool.ts';
import type { Declared } from '../recipe/target.ts';
import { locate } from './locate.ts';

let pool: BrowserPool;
let page: Page;
beforeAll(async () => {
  pool = createBrowserPool({ maxContexts: 1, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
  page = await (await pool.openContext({ context: {}, signal: new AbortController().signal })).context.newPage();
});
afterAll(() => pool.close());

const field = (id: string, more = '') => `<input id="${id}" ${more}>`;
const secret = (id: string, more = '') => field(id, `type="password" ${more}`);
const labelled = (words: string, input: string) => `<label>${words} ${input}</label>`;

/** What is found of each kind: the ids of the elements. */
async function found(html: string): Promise<Partial<Record<Declared, string[]>>> {
  await page.setContent(html);
  const result: Partial<Record<Declared, string[]>> = {};
  for (const declared of ['username', 'current-password', 'new-password', 'one-time-code', 'submit'] as const) {
    const ids = await Promise.all((await locate(page, { declared }).all()).map((one) => one.getAttribute('id')));
    if (ids.length > 0) result[declared] = ids.map(String);
  }
  return result;
}

describe('what a page declares', () => {
  it.each([
    [
      'a login by its tokens',
      `<form>${field('a', 'autocomplete="section-x username"')}${secret('b', 'autocomplete="current-password"')}<button id="go">Go</button></form>`,
      { username: ['a'], 'current-password': ['b'], submit: ['go'] },
    ],
    [
      'a login without a word',
      `${field('search')}<form>${field('x')}${field('a')}${secret('b')}<button id="go">Go</button><button id="no">No</button></form>`,
      { username: ['a'], 'current-password': ['b'], submit: ['go'] },
    ],
    [
      'a user name that goes first',
      `<form>${field('q', 'type="search" name="username-search"')}</form><form>${labelled('E-mail', field('a'))}<input type="submit" id="go"></form>`,
      { username: ['a'], submit: ['go'] },
    ],
    [
      'a code',
      `<form>${labelled('Enter the 6-digit code', field('a', 'inputmode="numeric"'))}<button id="go">Verify</button></form>`,
      { 'one-time-code': ['a'], submit: ['go'] },
    ],
    ['no code for a login by its name', `<form>${field('a', 'name="zipCode" placeholder="Where"')}<button>Search</button></form>`, {}],
    [
      'a code whose label names what it was sent by',
      `<form>${labelled('Verification code for your payer code', field('a'))}<button id="go">Go</button></form>`,
      { 'one-time-code': ['a'], submit: ['go'] },
    ],
    [
      'a change by its tokens',
      `<form>${secret('a', 'autocomplete="current-password"')}${secret('b', 'autocomplete="new-password"')}${secret('c', 'autocomplete="new-password"')}<button id="go">Go</button></form>`,
      { 'current-password': ['a'], 'new-password': ['b', 'c'], submit: ['go'] },
    ],
    [
      'a change by its labels',
      `<form>${labelled('Existing', secret('a'))}${labelled('New', secret('b'))}${labelled('Once more', secret('c'))}<button id="go">Go</button></form>`,
      { 'current-password': ['a'], 'new-password': ['b', 'c'], submit: ['go'] },
    ],
    [
      'a change of three without a word',
      `<form>${secret('a')}${secret('b')}${secret('c')}<button id="go">Go</button></form>`,
      { 'current-password': ['a'], 'new-password': ['b', 'c'], submit: ['go'] },
    ],
    [
      'a change without the current one',
      `<form>${labelled('New password', secret('a'))}${labelled('Confirm', secret('b'))}<button id="go">Go</button></form>`,
      { 'new-password': ['a', 'b'], submit: ['go'] },
    ],
    [
      'a repetition that has no token',
      `<form>${secret('a', 'autocomplete="new-password"')}${labelled('Repeat it', secret('b'))}<button id="go">Go</button></form>`,
      { 'new-password': ['a', 'b'], submit: ['go'] },
    ],
    [
      'the current one where every field is called a new one, by its label',
      `<form>${labelled('Current password', secret('a', 'autocomplete="new-password"'))}${labelled('New', secret('b', 'autocomplete="new-password"'))}<button id="go">Go</button></form>`,
      { 'current-password': ['a'], 'new-password': ['b'], submit: ['go'] },
    ],
    [
      'the same among three, by its place',
      `<form>${['a', 'b', 'c'].map((id) => secret(id, 'autocomplete="new-password"')).join('')}<button id="go">Go</button></form>`,
      { 'current-password': ['a'], 'new-password': ['b', 'c'], submit: ['go'] },
    ],
    [
      'nothing that could be the current one, where a page calls its only password a new one',
      `<form>${field('a', 'autocomplete="username"')}${secret('b', 'autocomplete="new-password"')}<button id="go">Go</button></form>`,
      { username: ['a'], 'new-password': ['b'], submit: ['go'] },
    ],
    [
      'a new one that speaks of the current one beside it',
      `<form>${secret('a', 'autocomplete="current-password"')}${labelled('Not your old one', secret('b', 'autocomplete="new-password"'))}<button id="go">Go</button></form>`,
      { 'current-password': ['a'], 'new-password': ['b'], submit: ['go'] },
    ],
    [
      'a button without a form',
      `<div>${field('a', 'autocomplete="username"')}${secret('b', 'autocomplete="current-password"')}<div><span role="button" id="go" tabindex="0">Go</span></div></div>`,
      { username: ['a'], 'current-password': ['b'], submit: ['go'] },
    ],
    ['nothing that is hidden', `<form>${field('a', 'autocomplete="username" hidden')}${field('b', 'type="hidden" autocomplete="username"')}</form>`, {}],
    [
      'two readings as two, so that a step fails',
      `<form>${secret('a', 'autocomplete="current-password"')}</form><form>${secret('b', 'autocomplete="current-password"')}</form>`,
      { 'current-password': ['a', 'b'] },
    ],
    [
      'no user name in a change',
      `<form>${field('name')}${secret('a', 'autocomplete="current-password"')}${secret('b', 'autocomplete="new-password"')}<button id="go">Go</button></form>`,
      { 'current-password': ['a'], 'new-password': ['b'], submit: ['go'] },
    ],
    [
      'the button that sends, not the one that shows the password',
      `<form>${field('a')}${secret('b')}<button type="button" id="eye">Show</button><button id="go">Go</button></form>`,
      { username: ['a'], 'current-password': ['b'], submit: ['go'] },
    ],
    ['nothing of a search', `<form>${field('q', 'name="q"')}<button id="go">Search</button></form>`, {}],
  ])('is found: %s', async (_what, html, expected) => {
    expect(await found(html)).toEqual(expected);
  });

  it.each(['Zip code', 'Postal Code', 'Area code', 'Promo code', 'CPT code', 'Procedure code', 'Diagnosis codes', 'Payer code'])(
    'is no one-time code: %s',
    async (label) => {
      expect(await found(`<form>${labelled(label, field('code', 'name="code"'))}<button>Search</button></form>`)).toEqual({});
    },
  );
});
