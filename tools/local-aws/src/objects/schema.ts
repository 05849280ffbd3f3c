/**
 * Tables that came after the first data format; an older data file is given them when it is opened. A version of an object that is still to be
 * retained is not deleted, whatever the code above says.
 */
export const ADDED_SCHEMA = `
CREATE TABLE IF NOT EXISTS kms_signing_key(id TEXT PRIMARY KEY REFERENCES kms_key(id), wrapped BLOB NOT NULL, public_key BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS bucket(name TEXT PRIMARY KEY, created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS object_version(
  number INTEGER PRIMARY KEY AUTOINCREMENT, bucket TEXT NOT NULL REFERENCES bucket(name), key TEXT NOT NULL, version_id TEXT NOT NULL UNIQUE,
  is_marker INTEGER NOT NULL, body BLOB NOT NULL, etag TEXT NOT NULL, mode TEXT CHECK (mode IN ('GOVERNANCE', 'COMPLIANCE')), retain_until INTEGER, written_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS object_version_by_key ON object_version(bucket, key, number);
CREATE TRIGGER IF NOT EXISTS object_version_fixed BEFORE UPDATE ON object_version BEGIN SELECT RAISE(ABORT, 'a version of an object never changes'); END;
`;
