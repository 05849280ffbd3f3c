import type { RootKey } from '../storage/root-key.ts';
import { newSessionKey } from './access-keys.ts';
import type { AccessKey } from './principal.ts';
import { issueSessionToken, type SessionClaims } from './session-token.ts';

/** Keys of a session, as an SDK client takes them. */
export interface SessionKey extends AccessKey {
  readonly sessionToken: string;
  readonly expiration: Date;
}

export function issueSession(root: RootKey, session: Omit<SessionClaims, 'accessKeyId'>): SessionKey {
  const key = newSessionKey(root);
  const sessionToken = issueSessionToken(root, { accessKeyId: key.accessKeyId, ...session });
  return { ...key, sessionToken, expiration: new Date(session.expiresAt) };
}
