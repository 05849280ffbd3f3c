import type { FastifyReply, FastifyRequest } from 'fastify';

/** `__Host-`: the browser takes it from this host alone, for all of it, and sends it by https alone (or to this machine). */
const SESSION = '__Host-rcm-session';
const SIGN_IN = '__Host-rcm-sign-in';
/**
 * Lax: the issuer's page leads back here, and a strict cookie would not come along, so that whoever has just signed in would seem not to be. Other sites' forms get
 * none, and a link changes nothing: acts are POSTs with the session's own token.
 */
const ATTRIBUTES = { path: '/', secure: true, httpOnly: true, sameSite: 'lax' } as const;
const SIGN_IN_S = 600;

export const sessionIdIn = (request: FastifyRequest): string | null => request.cookies[SESSION] ?? null;
export const setSession = (reply: FastifyReply, id: string): FastifyReply => reply.setCookie(SESSION, id, ATTRIBUTES);
export const dropSession = (reply: FastifyReply): FastifyReply => reply.clearCookie(SESSION, ATTRIBUTES);

/** What is remembered between leaving for the issuer and coming back, in the browser that left. */
export interface Leaving {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  /** Where the person wanted to go. */
  readonly to: string;
}

export const setLeaving = (reply: FastifyReply, leaving: Leaving): FastifyReply =>
  reply.setCookie(SIGN_IN, Buffer.from(JSON.stringify(leaving)).toString('base64url'), { ...ATTRIBUTES, maxAge: SIGN_IN_S });
export const dropLeaving = (reply: FastifyReply): FastifyReply => reply.clearCookie(SIGN_IN, ATTRIBUTES);

export function leavingIn(request: FastifyRequest): Leaving | null {
  try {
    const parsed = JSON.parse(Buffer.from(request.cookies[SIGN_IN] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>;
    const { state, nonce, verifier, to } = parsed;
    return typeof state === 'string' && typeof nonce === 'string' && typeof verifier === 'string' && typeof to === 'string'
      ? { state, nonce, verifier, to }
      : null;
  } catch {
    return null;
  }
}
