import type { Portal } from '../../portal.ts';
import { habitsOf } from '../../records/habits.ts';
import type { PortalContext } from '../../web/portal-app.ts';
import { expired, signedIn } from '../../web/visitor.ts';

/** To where the session may go. */
export function turnAway(portal: Portal, c: PortalContext): Response {
  if (expired(c) !== null) return c.redirect('/password/expired', 303);
  return signedIn(c) !== null ? c.redirect('/home', 303) : c.redirect(`${signInAddress(portal, c) ?? ''}/login?ended`, 303);
}

/** Where the sign-in is, if it is at another address than the one that was asked. */
export function signInAddress(portal: Portal, c: PortalContext): string | null {
  const { signIn } = habitsOf(portal.records, 'alpine');
  return signIn === null || new URL(signIn.at).host === c.req.header('host') ? null : signIn.at;
}

/** Where a page leads that was reached by a login: back to the portal, from a sign-in at another address. */
export const homeAddress = (portal: Portal, path: string): string => `${habitsOf(portal.records, 'alpine').signIn?.home ?? ''}${path}`;
