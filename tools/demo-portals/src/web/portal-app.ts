import type { HttpBindings } from '@hono/node-server';
import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { HTTPException } from 'hono/http-exception';
import { makeDueChanges } from '../accounts/late-changes.ts';
import { nowMs, type Portal } from '../portal.ts';
import { takeFault } from '../records/faults.ts';
import { endSession, openSession, readSession, type Session, type SessionStage } from '../records/sessions.ts';

export interface PortalEnv {
  readonly Bindings: HttpBindings;
  readonly Variables: { session: Session };
}

export type PortalContext = Context<PortalEnv>;

export interface PortalAppOptions {
  readonly cookieName: string;
  /** What the portal says when it is closed for maintenance (503) and when something broke (500, 403, 413 …). */
  readonly maintenance: (c: PortalContext) => Response | Promise<Response>;
  readonly failure: (c: PortalContext, status: number) => Response | Promise<Response>;
}

/** Paths that are neither delayed nor counted by a fault: what a page loads along with itself. */
const ASSETS = '/assets/';
const MAX_BODY_BYTES = 16 * 1024;

/** An empty portal: bounds, headers, faults, changes that are due, session cookie. Every request but an asset's has a session. */
export function createPortalApp(portal: Portal, options: PortalAppOptions): Hono<PortalEnv> {
  const app = new Hono<PortalEnv>();
  app.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError: (c) => options.failure(c as PortalContext, 413) }));
  app.use(async (c, next) => {
    c.header('cache-control', 'no-store');
    c.header('x-content-type-options', 'nosniff');
    c.header('referrer-policy', 'same-origin');
    await next();
  });
  app.use(async (c, next) => {
    if (c.req.path.startsWith(ASSETS)) return next();
    const fault = takeFault(portal.records, { portal: portal.code }, ['slow', 'maintenance']);
    if (fault?.fault === 'maintenance') return options.maintenance(c);
    if (fault) await portal.clock.sleep(fault.delayMs, portal.closing);
    makeDueChanges(portal);
    const id = getCookie(c, options.cookieName);
    const known = id === undefined ? null : readSession(portal.records, portal.code, id, nowMs(portal));
    if (known) c.set('session', known);
    else startSession(portal, options.cookieName, c, { stage: 'anonymous', username: null });
    return next();
  });
  app.notFound((c) => options.failure(c, 404));
  app.onError((error, c) => options.failure(c, error instanceof HTTPException ? error.status : 500));
  return app;
}

/** Ends the visitor's session, if any, and opens one at another stage under a new id, so that an id known before a login is worth nothing after it. */
export function startSession(
  portal: Portal,
  cookieName: string,
  c: PortalContext,
  next: { readonly stage: SessionStage; readonly username: string | null },
): Session {
  const before = c.get('session') as Session | undefined;
  if (before) endSession(portal.records, before.id);
  const session = openSession(portal.records, { portal: portal.code, ...next }, nowMs(portal));
  setCookie(c, cookieName, session.id, { httpOnly: true, sameSite: 'Lax', path: '/' });
  c.set('session', session);
  return session;
}

export function forgetSession(portal: Portal, cookieName: string, c: PortalContext): void {
  endSession(portal.records, c.get('session').id);
  deleteCookie(c, cookieName, { path: '/' });
}
