import type { Page, Request, Response } from 'playwright';

/** Tells from now on whether the server has yet to answer for a document of the page, in any frame. A failed one ends with the browser's own page in its place. */
export function watchAwaitedDocuments(page: Page): () => boolean {
  const awaited = new Set<Request>();
  page.on('request', (request: Request) => {
    if (request.isNavigationRequest()) awaited.add(request);
  });
  page.on('response', (response: Response) => void awaited.delete(response.request()));
  page.on('framenavigated', () => awaited.clear());
  return () => awaited.size > 0;
}
