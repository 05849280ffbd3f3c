import { z } from 'zod';
import { seal, unseal } from '../keys/sealed-box.ts';
import type { RootKey } from '../storage/root-key.ts';

/** What a session token carries, sealed: sessions need no table and survive a restart. Times in milliseconds since the epoch. */
const claims = z.object({
  accessKeyId: z.string(),
  role: z.string(),
  sessionName: z.string(),
  tags: z.record(z.string(), z.string()),
  transitiveTagKeys: z.array(z.string()),
  expiresAt: z.number(),
});

export type SessionClaims = z.output<typeof claims>;

const CONTEXT = 'session-token';

export const issueSessionToken = (root: RootKey, session: SessionClaims): string =>
  seal(root.derive(CONTEXT), Buffer.from(JSON.stringify(session)), CONTEXT).toString('base64');

/** `null` for whatever was not issued under this root key. */
export function readSessionToken(root: RootKey, token: string): SessionClaims | null {
  const opened = unseal(root.derive(CONTEXT), Buffer.from(token, 'base64'), CONTEXT);
  return opened && claims.parse(JSON.parse(opened.toString('utf8')));
}
