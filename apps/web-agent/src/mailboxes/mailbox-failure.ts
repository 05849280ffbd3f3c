/** Why a mailbox cannot be read now. */
export type MailboxFailure =
  /** The server does not let the user in. */
  | 'refused'
  /** The file of the password or token cannot be read. */
  | 'no_secret'
  /** What that file holds is not UTF-8: nothing was sent. */
  | 'damaged_secret'
  /** The server’s certificate is not good, or it has no TLS. */
  | 'not_private'
  /** There is no such folder. */
  | 'no_folder'
  /** No connection, or it was lost. */
  | 'unreachable'
  /** The database does not answer. */
  | 'database';

const OF_TLS = /CERT|SSL|TLS|SIGNATURE|ISSUER/i;

/** A word for it, since what a server says may hold the user’s name, and what it sent. */
export function failureOf(error: unknown): MailboxFailure {
  if (typeof error !== 'object' || error === null) return 'unreachable';
  const { code, syscall, message, authenticationFailed, serverResponseCode, mailboxMissing } = error as Readonly<Record<string, unknown>>;
  if (code === 'database_unavailable') return 'database';
  if (code === 'config_invalid') return 'damaged_secret';
  if (authenticationFailed === true) return 'refused';
  if (mailboxMissing === true || serverResponseCode === 'NONEXISTENT' || serverResponseCode === 'TRYCREATE') return 'no_folder';
  if (syscall === 'open' || syscall === 'read') return 'no_secret';
  return isOfTls(code, message) ? 'not_private' : 'unreachable';
}

const isOfTls = (code: unknown, message: unknown): boolean => (typeof code === 'string' && OF_TLS.test(code)) || /STARTTLS|altnames/.test(String(message));
