import type { SessionStage } from '../records/sessions.ts';
import type { PortalContext } from './portal-app.ts';

/** The user name, where the session is at one of the stages; else null. */
export function nameAt(c: PortalContext, ...stages: readonly SessionStage[]): string | null {
  const { stage, username } = c.get('session');
  return stages.includes(stage) ? username : null;
}

/** The user name, where the session is inside; else null. */
export const signedIn = (c: PortalContext): string | null => nameAt(c, 'signed_in');

/** The user name, where the session may do nothing but choose a new password; else null. */
export const expired = (c: PortalContext): string | null => nameAt(c, 'expired');
