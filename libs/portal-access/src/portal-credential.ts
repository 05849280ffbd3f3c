import type { CredentialPayload } from '@rcm/credentials';
import type { PortalCredential } from '@rcm/portal-drivers';
import { Secret } from '@rcm/telemetry';

/** The rotation attempt that made a payload; `null`: none did. */
export const rotationThatMade = (payload: Secret<CredentialPayload>): string | null => payload.reveal().metadata?.rotation_attempt_id ?? null;

/** Shorter ones would be found in results by chance. */
const LONG_CODE = 8;

/** Splits a payload into the handles that a driver may type. Text custom fields only: nothing else can be typed into a page. The MFA seed and backup codes are only masked: the one that is typed comes another way. */
export function portalCredential(payload: Secret<CredentialPayload>): PortalCredential {
  const custom = payload.map((p) => Object.entries(p.custom_fields ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  const codes = (payload.reveal().backup_codes ?? []).map((code) => code.trim());
  const masked = (of: readonly string[]) => of.map((code) => new Secret(code));
  return {
    username: payload.map((p) => p.username),
    password: payload.map((p) => p.password),
    neverTyped: [...(payload.reveal().mfa_seed ? [payload.map((p) => p.mfa_seed ?? '')] : []), ...masked(codes.filter(({ length }) => length >= LONG_CODE))],
    onlyMasked: masked(codes.filter(({ length }) => length < LONG_CODE)),
    custom: Object.fromEntries(custom.reveal().map(([name, value]) => [name, new Secret(value)])),
  };
}

/** How the login's one-time codes differ from nearly everybody's. */
export const codesOf = (payload: Secret<CredentialPayload>): { readonly digits?: number; readonly algorithm?: 'SHA1' | 'SHA256' | 'SHA512' } =>
  payload.map(({ mfa_digits: digits, mfa_algorithm: algorithm }) => ({ ...(digits ? { digits } : {}), ...(algorithm ? { algorithm } : {}) })).reveal();
