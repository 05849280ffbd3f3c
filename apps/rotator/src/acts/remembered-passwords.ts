import { parsePayload, type SecretReference, type SecretStore } from '@rcm/credentials';
import type { Database } from '@rcm/db';
import { earlierVersions } from '@rcm/db/rotation';
import { isRcmError, type Secret } from '@rcm/telemetry';

/** No portal is known to remember more; each costs one read of the store. */
const MOST = 24;

export interface Remembered {
  readonly orgId: string;
  readonly secretArn: string;
  readonly reference: SecretReference;
  /** How many earlier passwords the portal remembers besides the current one. */
  readonly history: number;
}

/**
 * Earlier passwords that the portal would refuse, as far as the journal names their versions and the store keeps them. One that cannot
 * be read is left out: the portal says no by itself, and that costs no login.
 */
export async function rememberedPasswords(db: Database, store: SecretStore, remembered: Remembered, signal: AbortSignal): Promise<readonly Secret<string>[]> {
  const { orgId, secretArn, reference, history } = remembered;
  if (history === 0) return [];
  const versions = await earlierVersions(db, { orgId, secretArn, limit: Math.min(history, MOST) });
  const passwords: Secret<string>[] = [];
  for (const version of versions) {
    const kept = await store.readVersion(reference, version, { signal });
    const password = kept && passwordIn(kept.text);
    if (password !== null) passwords.push(password);
  }
  return passwords;
}

/** `null`: what a person once stored is no payload. */
function passwordIn(text: Secret<string>): Secret<string> | null {
  try {
    return parsePayload(text).map(({ password }) => password);
  } catch (error) {
    if (isRcmError(error)) return null;
    throw error;
  }
}
