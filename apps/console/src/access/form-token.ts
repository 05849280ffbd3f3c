import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * What a form of this session carries, so that no other page can have made it (CSRF). It follows from the session's id, which only the browser has, and says
 * nothing of it.
 */
export const formToken = (sessionId: string): string => createHmac('sha256', sessionId).update('form').digest('base64url');

export function isFormToken(sessionId: string, given: unknown): boolean {
  const [wanted, offered] = [Buffer.from(formToken(sessionId)), Buffer.from(typeof given === 'string' ? given : '')];
  return wanted.length === offered.length && timingSafeEqual(wanted, offered);
}
