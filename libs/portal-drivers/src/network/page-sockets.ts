import type { BrowserContext, WebSocketRoute } from 'playwright';
import type { BlockedRequest } from '../trace.ts';
import { originName } from './asked-for.ts';
import type { Origins } from './origins.ts';
import type { Passage } from './passage.ts';

export const NOT_RECEIVING = 'the recipe does not say that this host may receive what is typed (secrets: true)';

export interface PageSocketsOptions {
  readonly context: BrowserContext;
  readonly origins: Origins;
  readonly passage: Passage;
  readonly onBlocked: (blocked: BlockedRequest) => void;
}

/**
 * Holds what pages say by sockets until it may leave. Over HTTP/2 nobody behind this sees a page's socket: its opening and its end, which have room for words, wait
 * here like its messages.
 */
export async function holdSockets(options: PageSocketsOptions): Promise<void> {
  // A page may be gone before its socket is decided; then there is nothing left to decide.
  await options.context.routeWebSocket(/.*/, (page) => holdSocket(page, options).catch(() => undefined));
}

async function holdSocket(page: WebSocketRoute, { origins, passage, onBlocked }: PageSocketsOptions): Promise<void> {
  if (!origins.receives(page.url())) {
    onBlocked({ origin: originName(page.url()), kind: 'websocket', ...(origins.allows(page.url()) ? { reason: NOT_RECEIVING } : {}) });
    page.close({ code: 1008 }).catch(() => undefined);
    return;
  }
  if (!(await passage.pass())) return page.close({ code: 1008 });
  const portal = page.connectToServer();
  // One after the other: a message that is held must not be overtaken.
  let before: Promise<unknown> = Promise.resolve();
  const inTurn = (send: () => unknown): void => {
    before = before.then(async () => {
      if (await passage.pass()) await send();
    });
  };
  page.onMessage((message) => inTurn(() => portal.send(message)));
  page.onClose((code, reason) => inTurn(() => portal.close({ ...(code === undefined ? {} : { code }), ...(reason === undefined ? {} : { reason }) })));
}
