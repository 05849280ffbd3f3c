import type { BrowserContext, Request } from 'playwright';
import type { BlockedRequest } from '../trace.ts';
import { originName } from './asked-for.ts';
import type { Passage } from './passage.ts';

const REPEATED = 'a redirect leads back with what was typed to where it was sent already, which the portal may count as another attempt';

/** A redirect that leads somewhere for the third time goes in circles, whatever its query says. */
const MOST_BEFORE = 1;

export interface RedirectsOptions {
  readonly context: BrowserContext;
  readonly passage: Passage;
  /** Whether a request could carry what was typed. */
  readonly mayCarry: (request: Request) => boolean;
  readonly onBlocked: (blocked: BlockedRequest) => void;
}

/**
 * A redirect that keeps method and body (307, 308) sends a login once more, and one that leads to itself as often as a browser follows it, 20 times: each may be a
 * failure to the portal. No redirect can be held, but it is told of right before it leaves: what comes back to where it was is stopped at the proxy.
 */
export function stopCircles({ context, passage, mayCarry, onBlocked }: RedirectsOptions): void {
  context.on('request', (request) => {
    if (!request.redirectedFrom() || passage.state !== 'released' || !mayCarry(request) || !wasThere(request)) return;
    passage.takeBack();
    onBlocked({ origin: originName(request.url()), kind: `${request.resourceType()} (${request.method()})`, reason: REPEATED });
  });
}

function wasThere(request: Request): boolean {
  let before = 0;
  for (let one = request.redirectedFrom(); one; one = one.redirectedFrom()) {
    if (placeOf(one) !== placeOf(request)) continue;
    if (one.url() === request.url()) return true;
    before += 1;
  }
  return before > MOST_BEFORE;
}

const placeOf = (request: Request): string => `${request.method()} ${request.url().split(/[?#]/)[0] ?? ''}`;
