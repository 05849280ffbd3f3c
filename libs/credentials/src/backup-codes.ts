import type { Secret } from '@rcm/telemetry';
import { digest, type IdentityKeys, knownKeys } from './login-identity.ts';
import type { CredentialPayload } from './payload.ts';

/** A backup code, and what it is known by where it was used: `<key id>:<hex HMAC-SHA256>`, the current key's first. */
export interface BackupCode {
  readonly code: Secret<string>;
  readonly fingerprints: readonly string[];
}

/**
 * The backup codes of a payload in their order, each once. The same code is the same however a person has written it down, with dashes, blanks or in
 * another case: two that differ in nothing else count as one, so that none is typed twice. Neither account nor realm is in the
 * fingerprint: a portal that calls the account by another name knows its codes still.
 *
 * @example
 * ```ts
 * const keys = { current: { id: '1', key: new Secret('only-an-example-of-32-characters') } };
 * const payload = new Secret({ username: 'billing', password: 'only-an-example', backup_codes: ['1111-2222', '3333-4444'] });
 * const used = new Set<string>(); // The fingerprints that the database knows.
 * const next = backupCodes(keys, payload).find(({ fingerprints }) => !fingerprints.some((fingerprint) => used.has(fingerprint)));
 * ```
 */
export function backupCodes(keys: IdentityKeys, payload: Secret<CredentialPayload>): readonly BackupCode[] {
  const codes = new Map<string, BackupCode>();
  for (const index of (payload.reveal().backup_codes ?? []).keys()) {
    const code = payload.map(({ backup_codes: all }) => (all?.[index] ?? '').trim());
    const fingerprints = fingerprintsOf(keys, code);
    const [name = ''] = fingerprints;
    if (!codes.has(name)) codes.set(name, { code, fingerprints });
  }
  return [...codes.values()];
}

function fingerprintsOf(keys: IdentityKeys, code: Secret<string>): readonly string[] {
  const bare = code.reveal().replace(/[\s-]/g, '').toLowerCase();
  return knownKeys(keys.fingerprint ?? keys).map(({ id, key }) => `${id}:${digest(key, ['rcm-backup-code', bare])}`);
}
