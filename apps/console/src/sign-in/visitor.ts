import type { Database } from '@rcm/db';
import { type ConsoleSession, findSession } from '@rcm/db/acts';
import type { FastifyRequest } from 'fastify';
import { sessionIdIn } from '../web/cookies.ts';

/** Somebody who is signed in, at this request. */
export interface Visitor extends ConsoleSession {
  /** Only the browser has it besides; it is never written anywhere. */
  readonly sessionId: string;
}

const ID = /^[A-Za-z0-9_-]{43}$/;

export const agentOf = (request: FastifyRequest): string => request.headers['user-agent'] ?? '';

/** `null`: nobody is signed in by this request. */
export async function visitorOf(db: Database, request: FastifyRequest, idleMs: number): Promise<Visitor | null> {
  const sessionId = sessionIdIn(request);
  if (sessionId === null || !ID.test(sessionId)) return null;
  const use = request.headers['rcm-by-itself'] === undefined ? request.routeOptions.config.use : 'by itself';
  const session = await findSession(db, { id: sessionId, agent: agentOf(request), idleMs, ...(use ? { use } : {}) });
  return session && { ...session, sessionId };
}
