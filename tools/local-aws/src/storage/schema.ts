/** "rcmA": tells a local-aws data file from any other SQLite file. */
export const APPLICATION_ID = 0x72636d41;
export const SCHEMA_VERSION = 1;

/**
 * Times are milliseconds since the epoch. `stored_value` is append-only (triggers): what was once written as a parameter or
 * secret stays there, encrypted, so that a search for leaks knows every value that ever existed. Stages are keyed by
 * (secret, stage): a stage cannot sit on two versions.
 */
export const SCHEMA = `
CREATE TABLE account_fact(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE kms_key(
  id TEXT PRIMARY KEY, wrapped BLOB NOT NULL, description TEXT NOT NULL, manager TEXT NOT NULL CHECK (manager IN ('AWS', 'CUSTOMER')),
  state TEXT NOT NULL CHECK (state IN ('Enabled', 'Disabled', 'PendingDeletion')), created_at INTEGER NOT NULL, deletion_at INTEGER
) STRICT;
CREATE TABLE kms_alias(name TEXT PRIMARY KEY, key_id TEXT NOT NULL REFERENCES kms_key(id), created_at INTEGER NOT NULL) STRICT;

CREATE TABLE stored_value(
  id INTEGER PRIMARY KEY AUTOINCREMENT, ciphertext BLOB NOT NULL, context TEXT NOT NULL, is_binary INTEGER NOT NULL, written_at INTEGER NOT NULL
) STRICT;
CREATE TRIGGER stored_value_kept BEFORE DELETE ON stored_value BEGIN SELECT RAISE(ABORT, 'stored_value is append-only'); END;
CREATE TRIGGER stored_value_fixed BEFORE UPDATE ON stored_value BEGIN SELECT RAISE(ABORT, 'stored_value is append-only'); END;

CREATE TABLE parameter(
  name TEXT PRIMARY KEY, type TEXT NOT NULL CHECK (type IN ('String', 'StringList', 'SecureString')),
  tier TEXT NOT NULL CHECK (tier IN ('Standard', 'Advanced')), version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE parameter_version(
  name TEXT NOT NULL REFERENCES parameter(name) ON DELETE CASCADE, version INTEGER NOT NULL, value_id INTEGER NOT NULL REFERENCES stored_value(id),
  tier TEXT NOT NULL, key_id TEXT, description TEXT, allowed_pattern TEXT, modified_at INTEGER NOT NULL, modified_by TEXT NOT NULL,
  PRIMARY KEY (name, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE parameter_label(
  name TEXT NOT NULL, label TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (name, label),
  FOREIGN KEY (name, version) REFERENCES parameter_version(name, version) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE secret(
  arn TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT, key_id TEXT,
  created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL, deleted_at INTEGER, purge_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE secret_version(
  arn TEXT NOT NULL REFERENCES secret(arn) ON DELETE CASCADE, id TEXT NOT NULL, value_id INTEGER NOT NULL REFERENCES stored_value(id),
  created_at INTEGER NOT NULL, PRIMARY KEY (arn, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE secret_stage(
  arn TEXT NOT NULL, stage TEXT NOT NULL, version_id TEXT NOT NULL, PRIMARY KEY (arn, stage),
  FOREIGN KEY (arn, version_id) REFERENCES secret_version(arn, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE resource_tag(arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (arn, key)) STRICT, WITHOUT ROWID;

CREATE TABLE topic(arn TEXT PRIMARY KEY, created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE topic_subscription(
  arn TEXT PRIMARY KEY, topic_arn TEXT NOT NULL REFERENCES topic(arn) ON DELETE CASCADE, protocol TEXT NOT NULL, endpoint TEXT NOT NULL, confirmed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE topic_message(
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, topic_arn TEXT NOT NULL REFERENCES topic(arn) ON DELETE CASCADE,
  ciphertext BLOB NOT NULL, published_at INTEGER NOT NULL
) STRICT;
`;
