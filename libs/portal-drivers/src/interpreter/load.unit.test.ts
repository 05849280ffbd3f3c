import type { Page } from 'playwright';
import { expect, it } from 'vitest';
import { load } from './load.ts';

/** A page whose first calls fail as Chromium's do, in Playwright's words. */
function failing(...errors: readonly string[]) {
  const opened: string[] = [];
  const left = [...errors];
  const goto: Page['goto'] = (address) => {
    opened.push(address);
    const error = left.shift();
    return error === undefined ? Promise.resolve(null) : Promise.reject(new Error(`page.goto: net::${error} at ${address}`));
  };
  return { opened, page: { goto } };
}

const open = (page: Pick<Page, 'goto'>) => load(page, 'https://portal.example/login', { timeout: 1_000 });

it('opens a page again where this machine’s own network changed', async () => {
  const { page, opened } = failing('ERR_NETWORK_CHANGED', 'ERR_NETWORK_CHANGED');
  await open(page);
  expect(opened).toEqual(Array(3).fill('https://portal.example/login'));
});

it('does not do so without end', async () => {
  const { page, opened } = failing(...Array<string>(5).fill('ERR_NETWORK_CHANGED'));
  await expect(open(page)).rejects.toThrow('ERR_NETWORK_CHANGED');
  expect(opened).toHaveLength(3);
});

it.each(['ERR_CONNECTION_REFUSED', 'ERR_ABORTED', 'ERR_CERT_DATE_INVALID'])('leaves it at one where the portal’s side failed: %s', async (error) => {
  const { page, opened } = failing(error);
  await expect(open(page)).rejects.toThrow(error);
  expect(opened).toHaveLength(1);
});
