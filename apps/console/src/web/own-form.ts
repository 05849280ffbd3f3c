import { RcmError } from '@rcm/telemetry';
import type { FastifyRequest } from 'fastify';
import { isFormToken } from '../access/form-token.ts';
import type { Visitor } from '../sign-in/visitor.ts';

/**
 * The person whose own form this is: signed in, sent from a page of this console, with the session's token. Fails with `token_expired` where nobody is signed in,
 * `request_invalid` for a form that is not theirs.
 */
export function mustBeOwnForm(request: FastifyRequest, origin: string): Visitor {
  const { visitor } = request;
  if (!visitor) throw new RcmError('token_expired', 'You are not signed in any more. Nothing was done.');
  const body = (request.body ?? {}) as Record<string, unknown>;
  const site = request.headers['sec-fetch-site'];
  const isOwn = (request.headers.origin ?? origin) === origin && (site === undefined || site === 'same-origin') && isFormToken(visitor.sessionId, body.token);
  if (isOwn) return visitor;
  throw new RcmError('request_invalid', 'This form is not one of this console, or of another sign-in. Nothing was done; open the page again.');
}
