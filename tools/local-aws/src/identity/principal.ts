import type { Role } from '../account/roles.ts';

interface Caller {
  readonly accessKeyId: string;
  readonly arn: string;
  /** What GetCallerIdentity calls UserId. */
  readonly userId: string;
}

/** The account's own user, whose keys local-aws hands out at start. */
interface UserPrincipal extends Caller {
  readonly kind: 'user';
}

/** Somebody who assumed a role. `tags` are those of the session over those of the role: the tenant this session is for. */
export interface SessionPrincipal extends Caller {
  readonly kind: 'session';
  readonly role: Role;
  readonly sessionName: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTagKeys: readonly string[];
  readonly expiresAt: Date;
}

export type Principal = UserPrincipal | SessionPrincipal;

/** A long-term or temporary key as a client holds it. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}
