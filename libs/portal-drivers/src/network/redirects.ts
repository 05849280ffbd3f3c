import type { BrowserContext, Request } from 'playwright';
import type { BlockedRequest } from '../trace.ts';
import { hasBody, originName } from './asked-for.ts';
import type { Passage } from './passage.ts';

const REPEATED = 'a redirect leads on with what was typed a second time, or back to where it was sent already, which the portal may count as another attempt';
const LATE = 'a redirect leads on with what was typed once its act was over, which the portal may count as another attempt';

/** So often may one be led on with what it sends: from http to https, or to the host or the address that the portal goes by. */
const MOST_TIMES = 1;

export interface RedirectsOptions {
  readonly context: BrowserContext;
  readonly passage: Passage;
  readonly gate: RedirectedTo;
  readonly onBlocked: (blocked: BlockedRequest) => void;
}

interface RedirectedTo {
  /** Whether a request could carry what was typed in the act that is under way. */
  mayCarry(request: Request): boolean;
  /** The same, in whatever act of the session. */
  mayCarryAny(request: Request): boolean;
  /** What may be led on leaves now. */
  noteLeaving(request: Request): void;
}

/**
 * A redirect that keeps method and body (307, 308) sends a login once more, as often as a browser follows it, 20 times: each may be a failure to the portal. So it
 * is followed once, to an address that is new to what was sent, and only as long as its act lasts. No redirect can be held, but it is told of right before it
 * leaves: what must not go on is stopped at the proxy.
 */
export function stopRedirects({ context, passage, gate, onBlocked }: RedirectsOptions): void {
  context.on('request', (request) => {
    if (!request.redirectedFrom()) return;
    const reason = whyNot(request, passage, gate);
    if (reason === null) {
      if (hasBody(request) || gate.mayCarry(request)) gate.noteLeaving(request);
      return;
    }
    passage.takeBack();
    onBlocked({ origin: originName(request.url()), kind: `${request.resourceType()} (${request.method()})`, reason });
  });
}

/** `null`: it may be followed. */
function whyNot(request: Request, passage: Passage, gate: RedirectedTo): string | null {
  if (passage.state !== 'released') return hasBody(request) && gate.mayCarryAny(request) ? LATE : null;
  // A form may send a password in a way that nobody recognises.
  const isSending = (one: Request): boolean => gate.mayCarry(one) || (hasBody(one) && one.isNavigationRequest());
  if (!isSending(request)) return null;
  const before = wereBefore(request).filter(isSending);
  return before.length > MOST_TIMES || before.some((one) => one.url() === request.url()) ? REPEATED : null;
}

function wereBefore(request: Request): readonly Request[] {
  const before: Request[] = [];
  for (let one = request.redirectedFrom(); one; one = one.redirectedFrom()) before.push(one);
  return before;
}
