import type { Page, Request, Response } from 'playwright';
import { watchAwaitedDocuments } from './awaited-documents.ts';
import { type DialogAnswer, PageDialogs } from './page-dialogs.ts';

/** An answer to a request of the page: its whole address, and its status. */
export interface PageResponse {
  readonly url: string;
  readonly status: number;
  readonly method: string;
}

/** The network's error name, and the origin that was asked for (`null`: no address of a host); or a status of 500 and more. */
export type Trouble = { readonly network: string; readonly origin: string | null } | { readonly status: number };

/** For an error: without its full stop. */
export const troubleInWords = (trouble: Trouble): string =>
  'network' in trouble ? `The connection failed (${trouble.network})` : `The portal answered with status ${trouble.status}`;

/** What happened on a page while nobody looked: documents, failures, answers, native dialogs. */
export interface PageWatch {
  readonly page: Page;
  /** How many documents were loaded so far, in any frame. */
  documents(): number;
  /** HTTP status of the page's last document; `null` before the first. */
  status(): number | null;
  /** What went wrong with the page's own document since the last `forget`; `null` once another one stands. */
  trouble(): Trouble | null;
  /** The same of a document in a frame: the page around it may do what it is there for. */
  frameTrouble(): Trouble | null;
  /** Words of the native dialogs since the last `forget`. */
  dialogs(): readonly string[];
  /** Answers since the last `forget`, at most the last `KEPT_RESPONSES`. */
  responses(): readonly PageResponse[];
  /** Answer for the next dialog that fits; every other one is dismissed. `null`: expect none. */
  expectDialog(answer: DialogAnswer | null): void;
  forget(): void;
  /** Resolves when the next document begins or stands, in any frame. */
  moved(): Promise<void>;
  /** Whether the server has yet to answer for a document, in any frame. */
  awaitsDocument(): boolean;
  /** Whether the page crashed or was closed. */
  gone(): boolean;
}

const KEPT_RESPONSES = 200;

export function watchPage(page: Page): PageWatch {
  const dialogs = new PageDialogs(page);
  let documents = 0;
  let status: number | null = null;
  let trouble: Trouble | null = null;
  let frameTrouble: Trouble | null = null;
  let responses: PageResponse[] = [];
  let crashed = false;
  let movement: PromiseWithResolvers<void> = Promise.withResolvers();

  const moved = (): void => {
    movement.resolve();
    movement = Promise.withResolvers();
  };

  page.on('framenavigated', () => {
    documents += 1;
    moved();
  });
  page.on('domcontentloaded', moved);
  page.on('close', moved);
  page.on('crash', () => {
    crashed = true;
    moved();
  });
  page.on('response', (response: Response) => {
    responses = [...responses.slice(1 - KEPT_RESPONSES), { url: response.url(), status: response.status(), method: response.request().method() }];
    if (!response.request().isNavigationRequest()) return;
    const found = response.status() >= 500 ? { status: response.status() } : null;
    frameTrouble = null;
    if (isMainFrame(response.request(), page)) [status, trouble] = [response.status(), found];
    else frameTrouble = found;
  });
  page.on('requestfailed', (request: Request) => {
    if (!request.isNavigationRequest()) return;
    const name = /ERR_[A-Z_]+/.exec(request.failure()?.errorText ?? '')?.[0] ?? 'failed';
    // Given up for another document, or an answer without one: no failure of the portal. Nor is a frame that the request gate kept out.
    if (name === 'ERR_ABORTED') return;
    const found = { network: name, origin: originOf(request.url()) };
    if (isMainFrame(request, page)) trouble = found;
    else if (name !== 'ERR_BLOCKED_BY_CLIENT') frameTrouble = found;
  });

  return {
    page,
    documents: () => documents,
    status: () => status,
    trouble: () => trouble,
    frameTrouble: () => frameTrouble,
    dialogs: () => dialogs.words,
    responses: () => responses,
    expectDialog: (answer) => dialogs.expect(answer),
    forget() {
      [trouble, frameTrouble, responses] = [null, null, []];
      dialogs.forget();
    },
    moved: () => movement.promise,
    awaitsDocument: watchAwaitedDocuments(page),
    gone: () => crashed || page.isClosed(),
  };
}

function isMainFrame(request: Request, page: Page): boolean {
  try {
    return request.frame() === page.mainFrame();
  } catch {
    // A request whose frame is not there yet belongs to a new page.
    return false;
  }
}

/** Never more of an address: its path may hold what must not be told. */
const originOf = (url: string): string | null => (/^https?:/.test(url) && URL.canParse(url) ? new URL(url).origin : null);
