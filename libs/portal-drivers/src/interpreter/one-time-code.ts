import { isRcmError, RcmError, type Secret } from '@rcm/telemetry';
import type { KnownSecrets } from './known-secrets.ts';

/** Gives a code, or `null` where none is left; `null`: there is nothing to make one of. */
export type CodeSource = (() => Promise<Secret<string> | null>) | null;

/** The code that a page asks for, known as a secret from then on. Fails with `login_mfa_required` where there is none, and with `portal_unexpected` where none could be had. */
export async function codeFrom(source: CodeSource, secrets: KnownSecrets): Promise<Secret<string>> {
  if (source === null) throw new RcmError('login_mfa_required', 'The portal asks for a one-time code and the login has no seed.');
  const code = await source().catch((error: unknown) => {
    throw new RcmError('portal_unexpected', `No one-time code could be had (${isRcmError(error) ? error.code : 'error'}).`);
  });
  if (code === null) throw new RcmError('login_mfa_required', 'The portal asks for a one-time code and the login has none left.');
  secrets.add(code);
  return code;
}
