export const SCHEMA_VERSION = 6;

/** Added in version 3. `number` of a try or a change counts from 1 at each account, so what was dropped shows. */
const RECORD_TABLES = `
CREATE TABLE login_try (
  portal TEXT NOT NULL, username TEXT NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, ended TEXT NOT NULL,
  at_locked INTEGER NOT NULL, locks INTEGER NOT NULL, by TEXT NOT NULL, PRIMARY KEY (portal, username, number)
) STRICT;
CREATE TABLE change_made (
  portal TEXT NOT NULL, username TEXT NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, asked_at INTEGER NOT NULL,
  PRIMARY KEY (portal, username, number)
) STRICT;
CREATE TABLE pending_change (
  number INTEGER PRIMARY KEY AUTOINCREMENT, portal TEXT NOT NULL, username TEXT NOT NULL, session_id TEXT NOT NULL,
  from_hash TEXT NOT NULL, to_hash TEXT NOT NULL, asked_at INTEGER NOT NULL, due_at INTEGER NOT NULL
) STRICT;
CREATE INDEX pending_change_due ON pending_change (portal, due_at);
`;

/** Added in version 4. `position` counts from 0 in the order in which the account got its codes; `typed`: how often somebody came with it. */
const CODE_TABLES = `
CREATE TABLE backup_code (
  portal TEXT NOT NULL, username TEXT NOT NULL, position INTEGER NOT NULL, code TEXT NOT NULL, typed INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (portal, username, position)
) STRICT;
`;

/** Added in version 5. A code that the portal has sent to whoever the account names; the last one sent is the one that counts. */
const SENT_TABLES = `
CREATE TABLE code_receiver (portal TEXT NOT NULL, username TEXT NOT NULL, PRIMARY KEY (portal, username)) STRICT;
CREATE TABLE sent_code (
  number INTEGER PRIMARY KEY AUTOINCREMENT, portal TEXT NOT NULL, username TEXT NOT NULL, code TEXT NOT NULL, sent_at INTEGER NOT NULL,
  typed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX sent_code_account ON sent_code (portal, username, number);
`;

/** Added in version 6. A device that the portal asks for no code: its browser has the token in a cookie and the mark in its storage, and needs both. */
const DEVICE_TABLES = `
CREATE TABLE known_device (
  token TEXT NOT NULL PRIMARY KEY, mark TEXT NOT NULL, portal TEXT NOT NULL, username TEXT NOT NULL, known_until INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX known_device_account ON known_device (portal, username);
`;

/** What takes a file of a version before to this one. */
export const UPGRADES: Readonly<Record<number, string>> = {
  2: `ALTER TABLE account ADD COLUMN locked_until_support INTEGER NOT NULL DEFAULT 0;${RECORD_TABLES}${CODE_TABLES}${SENT_TABLES}${DEVICE_TABLES}`,
  3: CODE_TABLES + SENT_TABLES + DEVICE_TABLES,
  4: SENT_TABLES + DEVICE_TABLES,
  5: DEVICE_TABLES,
};

/** Times are milliseconds since 1970. A tally with the empty user name counts tries for accounts that do not exist. */
export const SCHEMA = `
CREATE TABLE account (
  portal TEXT NOT NULL, username TEXT NOT NULL, password_hash TEXT NOT NULL, mfa_seed TEXT,
  password_changed_at INTEGER NOT NULL, expires_at INTEGER, locked_until INTEGER,
  locked_until_support INTEGER NOT NULL DEFAULT 0,
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
${RECORD_TABLES}${CODE_TABLES}${SENT_TABLES}${DEVICE_TABLES}`;
