import { RcmError, type Secret } from '@rcm/telemetry';
import type { PortalCredential } from '../driver.ts';
import type { Value } from '../recipe/value.ts';
import type { Resolved } from './act.ts';

/** Resolves a recipe's values from a credential. Fails with `payload_invalid` where the credential has no such custom field. */
export function credentialValues(credential: PortalCredential, newPassword: Secret<string> | null): (value: Value) => Resolved {
  return (value) => {
    const name = value.credential;
    if (name === undefined) return { plain: value.text ?? '' };
    // The user name alone cannot cost an attempt; portals that ask for it first need it sent before the password.
    if (name === 'username') return { secret: credential.username, sealing: false };
    if (name === 'password') return { secret: credential.password, sealing: true };
    const secret = name === 'new_password' ? newPassword : credential.custom[name.slice('custom.'.length)];
    if (!secret) throw new RcmError('payload_invalid', `The credential has no ${name}.`);
    return { secret, sealing: true };
  };
}

/** Everything of a credential that must not show in a message. */
export const everySecret = (credential: PortalCredential, ...more: readonly Secret<string>[]): Secret<string>[] => [
  credential.username,
  credential.password,
  ...Object.values(credential.custom),
  ...(credential.neverTyped ?? []),
  ...(credential.onlyMasked ?? []),
  ...more,
];
