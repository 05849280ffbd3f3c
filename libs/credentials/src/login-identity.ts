import { createHmac } from 'node:crypto';
import type { Secret } from '@rcm/telemetry';

export interface LoginIdentity {
  /** The platform's identity key (`RCM_IDENTITY_KEY`). */
  readonly key: Secret<string>;
  /** The portal's host, with its port where it is not the scheme's own. */
  readonly host: string;
  readonly username: string;
}

/**
 * What a portal locks, whoever stores it: host and user name as hex HMAC-SHA256, so the database can compare logins without
 * holding user names. Hosts are compared without case; user names as they are, since some portals tell case apart.
 */
export function loginIdentity({ key, host, username }: LoginIdentity): string {
  return createHmac('sha256', key.reveal()).update(`${host.toLowerCase()}\n${username}`, 'utf8').digest('hex');
}
