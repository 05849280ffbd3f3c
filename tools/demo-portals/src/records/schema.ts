export const SCHEMA_VERSION = 2;

/** Times are milliseconds since 1970. A tally with the empty user name counts tries for accounts that do not exist. */
export const SCHEMA = `
CREATE TABLE account (
  portal TEXT NOT NULL, username TEXT NOT NULL, password_hash TEXT NOT NULL, mfa_seed TEXT,
  password_changed_at INTEGER NOT NULL, expires_at INTEGER, locked_until INTEGER,
  PRIMARY KEY (portal, username)
) STRICT;
CREATE TABLE former_password (
  number INTEGER PRIMARY KEY AUTOINCREMENT, portal TEXT NOT NULL, username TEXT NOT NULL, password_hash TEXT NOT NULL
) STRICT;
CREATE INDEX former_password_account ON former_password (portal, username, number);
CREATE TABLE failed_attempt (portal TEXT NOT NULL, username TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE INDEX failed_attempt_account ON failed_attempt (portal, username, at);
CREATE TABLE used_totp_step (
  portal TEXT NOT NULL, username TEXT NOT NULL, step INTEGER NOT NULL, PRIMARY KEY (portal, username, step)
) STRICT;
CREATE TABLE tally (
  portal TEXT NOT NULL, username TEXT NOT NULL, logins_accepted INTEGER NOT NULL DEFAULT 0, logins_rejected INTEGER NOT NULL DEFAULT 0,
  mfa_rejected INTEGER NOT NULL DEFAULT 0, lockouts INTEGER NOT NULL DEFAULT 0, passwords_changed INTEGER NOT NULL DEFAULT 0,
  changes_refused INTEGER NOT NULL DEFAULT 0, most_failures INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (portal, username)
) STRICT;
CREATE TABLE session (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, portal TEXT NOT NULL, stage TEXT NOT NULL, username TEXT,
  csrf TEXT NOT NULL, seen_at INTEGER NOT NULL
) STRICT;
CREATE INDEX session_account ON session (portal, username);
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
`;
