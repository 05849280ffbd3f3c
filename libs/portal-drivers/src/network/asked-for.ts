import type { Page, Request } from 'playwright';
import { MOST_LETTERS } from './typed-secrets.ts';

/** Methods without a body, by which a page normally only asks. */
const ASKING = /^(GET|HEAD|OPTIONS)$/;

/** `null`: Playwright does not know it yet, so nothing has told of a worker in it; to ask then throws, and a request that nobody decides waits for ever. */
export function pageOf(request: Request): Page | null {
  try {
    return request.frame().page();
  } catch {
    return null;
  }
}

export const hasBody = (request: Request): boolean => !ASKING.test(request.method());

/** Where an address names a user and a password, the same without: with them a browser answers a portal that asks by 401 who that is, and sends all once more. */
export function unnamed(request: Request): { readonly url?: string } {
  const url = new URL(request.url());
  if (url.username === '' && url.password === '') return {};
  [url.username, url.password] = ['', ''];
  return { url: url.href };
}

/** Origin of a URL for a report; never its path or query, which may hold what must not be told. */
export const originName = (url: string): string => (url.length <= MOST_LETTERS && URL.canParse(url) ? new URL(url).origin : 'unreadable');
