import { timingSafeEqual } from 'node:crypto';
import { HTTPException } from 'hono/http-exception';
import type { PortalContext } from './portal-app.ts';

/**
 * The text fields of a posted form, empty where absent. Refuses with 403 a post whose token (in the field `tokenField`) is not
 * the session's: another site made the browser send it, or the session has ended meanwhile.
 */
export async function readForm(c: PortalContext, tokenField: string): Promise<(name: string) => string> {
  const fields = await c.req.parseBody();
  const text = (name: string): string => (typeof fields[name] === 'string' ? fields[name] : '');
  requireToken(c, text(tokenField));
  return text;
}

/** Refuses with 403 where `token` is not the session's. */
export function requireToken(c: PortalContext, token: string): void {
  const [given, expected] = [Buffer.from(token), Buffer.from(c.get('session').csrf)];
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new HTTPException(403);
}
