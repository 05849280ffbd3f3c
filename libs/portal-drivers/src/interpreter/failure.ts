import { isRcmError, RcmError } from '@rcm/telemetry';

/**
 * Turns what Playwright throws into an error of ours. Its messages quote calls and page text, values included, so nothing
 * of them is kept, not even as a cause: only the kind of failure, and the network's own error name.
 */
export function translateBrowserError(error: unknown, what: string): RcmError {
  if (isRcmError(error)) return error;
  const text = error instanceof Error ? `${error.name} ${error.message}` : '';
  const network = /net::(ERR_[A-Z_]+)/.exec(text)?.[1];
  if (network) return new RcmError('portal_unavailable', `${what}: the network failed (${network}).`);
  if (text.includes('intercepts pointer events')) return new RcmError('deadline_exceeded', `${what} took too long: something lies over it.`);
  if (/TimeoutError|Timeout \d+ms exceeded/.test(text)) return new RcmError('deadline_exceeded', `${what} took too long.`);
  if (/AbortError|aborted/i.test(text)) return new RcmError('cancelled', `${what} was stopped.`);
  if (text.includes('strict mode violation')) return new RcmError('portal_unexpected', `${what}: more than one element fits.`);
  if (/crash/i.test(text)) return new RcmError('portal_unexpected', `${what}: the page crashed.`);
  if (/closed|disconnected|detached/i.test(text)) return new RcmError('portal_unexpected', `${what}: the page was closed.`);
  return new RcmError('portal_unexpected', `${what}: the browser could not do it.`);
}
