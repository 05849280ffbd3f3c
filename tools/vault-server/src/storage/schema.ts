/** "rcmV": tells a data file of vault-server from any other SQLite file. */
export const APPLICATION_ID = 0x72636d56;

/**
 * Times are milliseconds since the epoch. `stored_value` is append-only: what was once written stays there, encrypted, so that
 * a search for leaks knows every value that ever existed. Tokens and secret ids lie there as SHA-256 only.
 */
export const SCHEMA = `
CREATE TABLE stored_value(id INTEGER PRIMARY KEY AUTOINCREMENT, box BLOB NOT NULL, written_at INTEGER NOT NULL) STRICT;
CREATE TRIGGER stored_value_kept BEFORE DELETE ON stored_value BEGIN SELECT RAISE(ABORT, 'stored_value is append-only'); END;

CREATE TABLE kv_config(
  namespace TEXT NOT NULL, mount TEXT NOT NULL, max_versions INTEGER NOT NULL, cas_required INTEGER NOT NULL, PRIMARY KEY (namespace, mount)
) STRICT, WITHOUT ROWID;
CREATE TABLE kv_key(
  id INTEGER PRIMARY KEY, namespace TEXT NOT NULL, mount TEXT NOT NULL, path TEXT NOT NULL, current_version INTEGER NOT NULL, oldest_version INTEGER NOT NULL,
  max_versions INTEGER NOT NULL, cas_required INTEGER NOT NULL, custom_metadata TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  UNIQUE (namespace, mount, path)
) STRICT;
CREATE TABLE kv_version(
  key_id INTEGER NOT NULL REFERENCES kv_key(id) ON DELETE CASCADE, version INTEGER NOT NULL, value_id INTEGER NOT NULL REFERENCES stored_value(id),
  created_at INTEGER NOT NULL, deleted_at INTEGER, destroyed INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (key_id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE policy(namespace TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (namespace, name)) STRICT, WITHOUT ROWID;
CREATE TABLE app_role(
  namespace TEXT NOT NULL, name TEXT NOT NULL, role_id TEXT NOT NULL UNIQUE, policies TEXT NOT NULL, token_ttl INTEGER NOT NULL, token_max_ttl INTEGER NOT NULL,
  PRIMARY KEY (namespace, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE secret_id(role_id TEXT NOT NULL REFERENCES app_role(role_id) ON DELETE CASCADE, digest TEXT NOT NULL, uses_left INTEGER, PRIMARY KEY (role_id, digest)) STRICT, WITHOUT ROWID;
CREATE TABLE token(
  digest TEXT PRIMARY KEY, namespace TEXT NOT NULL, role_name TEXT NOT NULL, policies TEXT NOT NULL, ttl INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  expires_at_most INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** Made in data files of before it, too. */
export const DELETE_AFTER_SCHEMA = `
CREATE TABLE IF NOT EXISTS kv_delete_after(namespace TEXT NOT NULL, mount TEXT NOT NULL, path TEXT NOT NULL, ms INTEGER NOT NULL, PRIMARY KEY (namespace, mount, path)) STRICT, WITHOUT ROWID;
`;

/** The same. A key's material lies there encrypted, and goes with the key: it is no value that was written. */
export const TRANSIT_SCHEMA = `
CREATE TABLE IF NOT EXISTS transit_key(namespace TEXT NOT NULL, mount TEXT NOT NULL, name TEXT NOT NULL, box BLOB NOT NULL, PRIMARY KEY (namespace, mount, name)) STRICT, WITHOUT ROWID;
`;
